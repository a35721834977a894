-- Version 0.0.9 had this form of a private function; nothing calls it any more.
drop function if exists pgq._ticker_plan(int4);
