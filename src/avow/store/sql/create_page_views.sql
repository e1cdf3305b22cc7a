-- Page views among what happened at a site, of the collection points named (with commas between), of all for ''.
-- A server-log line counts as a page view when it is a successful GET of something that is not a part of a page.
CREATE OR REPLACE VIEW page_views AS
SELECT *, props['country'] AS country
FROM site_events(site = {site:String}, from_ms = {from_ms:Int64}, to_ms = {to_ms:Int64})
WHERE ({point:String} = '' OR has(splitByChar(',', {point:String}), point))
  AND (status = 0 OR (status IN (200, 304) AND method IN ('', 'GET') AND NOT match(page, '(?i)\\.(css|js|map|png|jpe?g|gif|ico|svg|webp|avif|woff2?|ttf|mp4|webm|xml|txt)$')))
