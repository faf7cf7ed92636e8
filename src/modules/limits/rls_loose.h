// LooseValue: a YAML document without any expectation, and what ratelimit checks about it before it
// reads it into its structure: that all keys are known, and that nothing but text, whole numbers,
// booleans and nothing stands in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/limits/rls_scalar.h"
#include "modules/limits/rls_walk.h"
#include "modules/limits/rls_yaml.h"
#include "platform/json/value.h"

namespace ashlar::limits {

struct LooseValue {
  enum class Kind : std::uint8_t { kScalar, kList, kMap };

  Kind kind = Kind::kScalar;
  int line = 0;
  YamlScalar scalar;
  std::vector<LooseValue> items;  // of a map: key, value, key, value …, each key once
};

// Errors: kInvalid, bad_yaml.
base::Status read_loose(YamlWalk& walk, const YamlNode& node, LooseValue& out);

// The root of a rule file. Errors as above; also where it is neither a mapping nor nothing.
base::Status check_keys(const YamlDocument& document);

// Of metadata: what protobuf's Struct can hold. Fractions that are no numbers become text.
base::Result<json::Value> metadata_value(const LooseValue& value);

}  // namespace ashlar::limits
