-- An entry may rest post-only, until a venue time.
alter table trade_order add column post_only boolean not null default false;
alter table trade_order add column expires_at timestamptz;
