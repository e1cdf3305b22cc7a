-- What one field says in the events of these subjects at one collection point, put right wherever it is: in a column of its own,
-- among the readable fields, or sealed. `prop` and `place` are "" where it is not there; an empty `after` takes the field away.
ALTER TABLE {{events}}
UPDATE page     = if({place:String} = 'page' AND has({befores:Array(String)}, toString(page)), {after:String}, toString(page)),
       referrer = if({place:String} = 'referrer' AND has({befores:Array(String)}, toString(referrer)), {after:String}, toString(referrer)),
       campaign = if({place:String} = 'campaign' AND has({befores:Array(String)}, toString(campaign)), {after:String}, toString(campaign)),
       language = if({place:String} = 'language' AND has({befores:Array(String)}, toString(language)), {after:String}, toString(language)),
       props    = mapFilter((name, value) -> name != {prop:String} OR value != '',
                      mapApply((name, value) -> (name, if(name = {prop:String} AND has({befores:Array(String)}, value), {after:String}, value)), props)),
       sealed   = transform(sealed, {olds:Array(String)}, {news:Array(String)}, sealed)
WHERE subject IN {subjects:Array(UUID)} AND point = {point:String}
SETTINGS mutations_sync = 2
