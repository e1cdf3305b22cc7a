-- One audience from three sources: visits seen by the tag, by a beacon and by the server's log, each visit once for each source.
-- What a visit is, say `store/tally_terms.py`: the same number for all three on one day, recognised people in it told apart.
SELECT
  sumIf(n_visits, {{has_points}}) AS visits,
  sumIf(n_visits, hasAny(points, splitByChar(',', {tag:String}))) AS tag,
  sumIf(n_visits, hasAny(points, splitByChar(',', {beacon:String}))) AS beacon,
  sumIf(n_visits, hasAny(points, splitByChar(',', {log:String}))) AS log,
  sumIf(n_visits, hasAny(points, splitByChar(',', {log:String})) AND NOT hasAny(points, splitByChar(',', concat({tag:String}, ',', {beacon:String})))) AS log_alone
FROM {{every_line}}
