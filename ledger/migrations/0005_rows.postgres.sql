-- Rows that hold something sealed have two to eight kilobytes, and what is sealed does not get smaller:
-- they stay in one piece instead of being compressed in vain and cut up into another table.
ALTER TABLE case_file SET (toast_tuple_target = 8160);
ALTER TABLE request SET (toast_tuple_target = 8160);
ALTER TABLE audit_content SET (toast_tuple_target = 8160);
ALTER TABLE certificate_file SET (toast_tuple_target = 8160);
