-- Prices that workflows wait for at a venue whose clock goes on by itself; the feed compares.
create table price_level (
  id    text primary key,
  desk  text not null,
  pair  text not null,
  above numeric,
  below numeric,
  check ((above is null) <> (below is null))
);

-- The last bar that the desk was told of, so that a feed that starts again leaves none out.
create table bar_cursor (
  desk      text not null,
  timeframe text not null,
  bar       timestamptz not null,
  primary key (desk, timeframe)
);
