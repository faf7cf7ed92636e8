// RlsFile: one rule file in envoyproxy/ratelimit's YAML, as it is written.
//
//   domain: shop
//   descriptors:
//     - key: user
//       rate_limit: {unit: minute, requests_per_unit: 100}
//
// parse_rls_file() gives the verdict of ratelimit's own loader, file by file: what it takes is
// taken, what it refuses is refused, with a reason that names the file and the line. That includes
// its oddities: the text is read twice, once loosely to check the keys, once into the structure
// below, and each pass sees duplicates and `<<` merges in its own way (rls_decode.h).
// docs/limits-rls.md lists the exceptions.
//
// What depends on more than one file (domains, duplicate descriptors) RlsTree::compile() judges.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/json/value.h"

namespace ashlar::limits {

// The numbers are those of the protocol.
enum class RlsUnit : std::uint8_t {
  kUnknown = 0,
  kSecond = 1,
  kMinute = 2,
  kHour = 3,
  kDay = 4,
  kMonth = 5,  // 30 days
  kYear = 6,   // 365 days
  kWeek = 7,
};

std::string_view name_of(RlsUnit unit);  // "SECOND"
// By name in any case, or kUnknown.
RlsUnit unit_named(std::string_view name);
// 0 of kUnknown.
std::int64_t seconds_of(RlsUnit unit);

struct RlsRateLimit {
  std::uint32_t requests_per_unit = 0;
  std::string unit;
  bool unlimited = false;
  std::string name;
  std::vector<std::string> replaces;
};

struct RlsDescriptor {
  int line = 0;
  std::string key;
  std::string value;
  std::optional<RlsRateLimit> rate_limit;
  std::vector<RlsDescriptor> descriptors;
  bool shadow_mode = false;
  bool quota_mode = false;
  bool detailed_metric = false;
  bool value_to_metric = false;
  bool share_threshold = false;
  json::Value::Object metadata;  // empty: none. Fractions that JSON has no word for are text
};

struct RlsFile {
  std::string name;  // for messages
  std::string domain;
  std::vector<RlsDescriptor> descriptors;
};

// kInvalid, reason bad_rule_file; the detail is "NAME: line N: what is wrong".
base::Result<RlsFile> parse_rls_file(std::string name, std::string_view text);

}  // namespace ashlar::limits
