// RuleFolder: what lies in a folder of rule files, read whole and bounded.
//
// As ratelimit's config_check does, each regular file counts, whatever its name, dotfiles too;
// links to files are followed, folders are an error. Two exceptions:
//   - what begins with ".." is skipped: Kubernetes keeps the files of a ConfigMap so;
//   - *.rules.json are native rules (the rest is ratelimit's YAML).
// Files are in order of their names, by bytes.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/limits/rls_config.h"

namespace ashlar::limits {

struct RuleText {
  std::string name;  // without the folder
  std::string text;

  friend bool operator==(const RuleText&, const RuleText&) = default;
};

struct RuleFolder {
  static constexpr std::size_t kMaxFiles = 10'000;
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20;  // of all files

  std::vector<RuleText> yaml;
  std::vector<RuleText> native;

  // kNotFound no_rule_folder; kInvalid bad_rule_folder: cannot be read, is not a regular file, too
  // much.
  static base::Result<RuleFolder> read(const std::string& path);

  friend bool operator==(const RuleFolder&, const RuleFolder&) = default;
};

// All YAML of a folder, parsed.
base::Result<std::vector<RlsFile>> parse_rls_files(const RuleFolder& folder);

// `ashlar limits check DIR`: reads, parses and compiles all rules as `serve` would; says what it
// read. Error: the reason, for the person.
base::Status check_rule_folder(const std::string& path, bool merge_domains, std::ostream& out);

}  // namespace ashlar::limits
