// YamlWalk: goes through a YamlDocument by the bounds of gopkg.in/yaml.v2, so that a file whose
// aliases would unfold without end is refused, and refused just where ratelimit refuses it.
//
// Bounds: an alias within its own anchor; more steps in aliases than a share of all (99 % in small
// files, falling to 10 % at four million steps). Of our own: kMaxDepth levels, aliases unfolded.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/limits/rls_yaml.h"

namespace ashlar::limits {

class YamlWalk {
 public:
  static constexpr int kMaxDepth = 512;

  // `put(node)` sees the node itself, or what an alias stands for. It may call visit() for what is
  // inside.
  template <class Put>
  base::Status visit(const YamlNode& node, const Put& put) {
    ASHLAR_TRY(enter(node));
    base::Status result = node.kind == YamlNode::Kind::kAlias ? unfold(node, put) : put(node);
    --depth_;
    return result;
  }

  static base::Error error(const YamlNode& node, const std::string& what);

 private:
  template <class Put>
  base::Status unfold(const YamlNode& alias, const Put& put) {
    ASHLAR_TRY(begin(alias));
    base::Status result = visit(*alias.target, put);
    open_.pop_back();
    return result;
  }

  base::Status enter(const YamlNode& node);
  base::Status begin(const YamlNode& alias);

  std::vector<const YamlNode*> open_;  // aliases that are being unfolded
  std::size_t steps_ = 0;
  std::size_t steps_in_aliases_ = 0;
  int depth_ = 0;
};

// `<<`: the library lays what is merged over the mapping at that place, so that it overwrites what
// came before it and is overwritten by what comes after.
bool is_merge_key(const YamlNode& key);
// The mappings (or aliases of them) that `value` merges, in the order in which they are laid over.
// Error where it is no mapping, no alias of one, and no list of such.
base::Result<std::vector<const YamlNode*>> merged_by(const YamlNode& value);

}  // namespace ashlar::limits
