-- What a cycle was decided with, so that it can be decided again from the database alone.

-- the profile as it stood, a document
alter table cycle add column profile_hash text;
-- what the review of an entry was given; null for reductions and for what is older than this column
alter table verdict add column input jsonb;

-- `api` is the wire format that the response is read by. A `recorded` answer is one that an earlier run paid for:
-- `cost_usd` is then 0, and `answer_usd` what the answer cost when it was given.
alter table llm_call add column api text;
alter table llm_call add column source text not null default 'live' check (source in ('live', 'recorded'));
alter table llm_call add column answer_usd numeric;

-- What a decider's answer in a cycle cost, USD: counted against its result. A call of which it is not known what was
-- billed counts with its reservation; an answer from an earlier run counts with what it cost then.
create view decider_cost as
  select desk, cycle, decider, count(*) as calls,
         sum(coalesce(answer_usd, cost_usd, reserved_usd)) as usd
    from llm_call group by desk, cycle, decider;
