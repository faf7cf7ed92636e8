-- How many of a link's clicks were bots', beside its total (hour 0); NULL: none, as in all other rows,
-- which it thus takes no byte.
ALTER TABLE links_clicks_hourly ADD COLUMN bots INTEGER;
