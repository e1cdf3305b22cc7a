INSERT INTO installation SELECT {id:String} AS id WHERE (SELECT count() FROM installation) = 0
