-- Whether the guard of a position wants to hear of bars that close.
alter table position add column hears_bars boolean not null default false;
