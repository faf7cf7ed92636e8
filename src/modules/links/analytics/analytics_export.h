// analytics_export: a report as lines, for spreadsheets (CSV, RFC 4180) and programs (JSON Lines).
//
//   kind,start,dimension,value,clicks,visitors,bots
//   interval,2026-11-22T00:00:00Z,,,12,9,1         one an interval
//   value,,country,DE,7,,                          one a value, most clicks first
//   other,,country,,1,,                            of values that are not kept one by one
//   unknown,,country,,4,,
//
// JSON Lines have the same names; what is empty above is not there. A value that a spreadsheet
// would take for a formula gets an apostrophe before it, in CSV. Pure.
#pragma once

#include <string>

namespace ashlar::links::analytics {

struct LinkAnalyticsJson;

std::string as_csv(const LinkAnalyticsJson& report);
std::string as_json_lines(const LinkAnalyticsJson& report);

}  // namespace ashlar::links::analytics
