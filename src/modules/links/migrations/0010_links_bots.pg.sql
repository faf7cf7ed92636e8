-- How many of a link's clicks were bots'; see 0010_links_bots.sql.
ALTER TABLE links_clicks_hourly ADD COLUMN bots BIGINT;
