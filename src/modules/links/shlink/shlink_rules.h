// shlink_rules: redirect rules as Shlink's clients write them, to ours and back. Pure.
//
// A condition of Shlink has one value, and all conditions of a rule hold together; one of ours may
// have several values, of which one must hold. So a rule of ours with several values is shown as
// several rules of Shlink's with the same target, one for each combination: the first that fits
// decides either way.
//
//   device       android, ios, windows, macos, linux, chromeos: our `os`; mobile, desktop:
//   `devices` language     `languages`; Shlink takes any accepted language, we the one liked best
//   query-param, any-value-query-param, valueless-query-param: `query` with a value, without one,
//                with an empty one
//   after-date, before-date: `from`, `until`;  browser: `browsers`
//   geolocation-country-code: `countries`
// What we have no condition for (ip-address, geolocation-city-name, the browser android_browser) is
// refused, as are two conditions that can never hold together.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/links/settings_json.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::links::shlink {

// More are not shown of one link.
inline constexpr std::size_t kMostShown = 500;

// Of "redirectRules". kInvalid with the fields "/redirectRules/0/conditions/1".
base::Result<std::vector<RuleJson>> rules_from(const json::Value::Array& rules);

// {"defaultLongUrl", "redirectRules"}
void write_rules(json::Writer& out, const std::string& default_url,
                 const std::vector<RuleJson>& rules);

}  // namespace ashlar::links::shlink
