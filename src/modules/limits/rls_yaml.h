// YAML text as a tree of nodes, bounded, for rule files in envoyproxy/ratelimit's form.
//
// The parser is libyaml, of which the Go library that ratelimit reads with (gopkg.in/yaml.v2) is a
// port: so both agree on what is YAML. As that library does, only the first document is read, and
// an alias is a node that points to its anchor's node.
//
// Bounds: kMaxBytes of text, kMaxNodes nodes, kMaxDepth levels. Aliases cost one node each: whoever
// walks through them bounds that walk (rls_decode.h does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::limits {

struct YamlNode {
  enum class Kind : std::uint8_t { kScalar, kSequence, kMapping, kAlias };

  Kind kind = Kind::kScalar;
  bool plain = false;                     // a scalar without quotes and tag: may be a number
  int line = 0;                           // from 1
  std::string tag;                        // whole: "tag:yaml.org,2002:int"; empty: none
  std::string text;                       // of a scalar; the anchor's name of an alias
  const YamlNode* target = nullptr;       // of an alias: inside of itself, perhaps
  std::vector<const YamlNode*> children;  // of a mapping: key, value, key, value …
};

class YamlDocument {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
  static constexpr std::size_t kMaxNodes = 1'000'000;
  static constexpr int kMaxDepth = 256;

  // kInvalid, reason bad_yaml; the detail says at which line and what.
  static base::Result<YamlDocument> parse(std::string_view text);

  // Null: the text has no document.
  [[nodiscard]] const YamlNode* root() const { return root_; }

 private:
  friend class YamlBuilder;

  std::deque<YamlNode> nodes_;  // never move
  const YamlNode* root_ = nullptr;
};

}  // namespace ashlar::limits
