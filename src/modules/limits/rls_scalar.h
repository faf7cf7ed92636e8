// What a YAML scalar means, by the rules of gopkg.in/yaml.v2 (the library that ratelimit reads its
// files with): mostly YAML 1.1, with deviations of its own. `yes` and `on` are booleans, 0x1F, 017,
// 0b11 and 1_000 are whole numbers, 08 and 1e3 are fractions, 1:30 is text.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "modules/limits/rls_yaml.h"

namespace ashlar::limits {

struct YamlScalar {
  enum class Kind : std::uint8_t {
    kNull,
    kBool,
    kInt,   // fits 64 bits with sign
    kUint,  // above that
    kFloat,
    kText,
    kBinary,  // !!binary: `text` is what it decodes to
    kTime,    // text that could be a date: a string everywhere
  };

  Kind kind = Kind::kText;
  bool boolean = false;
  std::int64_t integer = 0;
  std::uint64_t unsigned_integer = 0;
  double real = 0;
  std::string text;  // of kText and kBinary
};

// REQUIRES: a scalar. Error: kInvalid, bad_yaml, where an explicit tag does not fit the text.
base::Result<YamlScalar> resolve_scalar(const YamlNode& node);

// What makes an optional section absent: `null`, `~` and nothing, but not `Null` and `NULL`.
bool is_absent(const YamlNode& node);

}  // namespace ashlar::limits
