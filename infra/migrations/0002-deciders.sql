-- What models were asked and what they said, as it went over the wire.

-- Prompts under the hash of their text: all models of a cycle get the same one.
create table prompt (
  hash        text primary key,
  version     text not null,
  snapshot    text not null,
  system_text text not null,
  user_text   text not null,
  -- as the desk measures it, not as a provider bills it
  tokens      integer not null
);

-- One row a call. `reserved_usd` is the most it can cost, taken before it is sent; `cost_usd` is what it did
-- cost, null while that is not known: then the reservation counts. Times are of the wall clock but `venue_at`.
create table llm_call (
  id             bigint generated always as identity primary key,
  desk           text not null,
  cycle          text not null,
  decider        text not null,
  -- counts the calls of this decider in this cycle, from 1
  n              integer not null,
  purpose        text not null check (purpose in ('decision', 'repair')),
  provider       text not null,
  model          text not null,
  catalogue      text not null,
  prompt         text not null references prompt,
  request        jsonb not null,
  venue_at       timestamptz not null,
  sent_at        timestamptz not null,
  state          text not null check (state in ('sent', 'answered', 'failed', 'lost')),
  ended_at       timestamptz,
  latency_ms     integer,
  status         integer,
  headers        jsonb,
  response       text,
  -- the model and build that answered, in the provider's words
  build          text,
  usage          jsonb,
  failure        text,
  reserved_usd   numeric not null,
  cost_usd       numeric,
  unique (cycle, decider, n)
);
create index llm_call_by_day on llm_call (desk, sent_at);
create index llm_call_by_venue_day on llm_call (desk, venue_at);
