#include "modules/limits/rule_folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <system_error>
#include <utility>

#include "modules/limits/own_rules.h"
#include "modules/limits/rls_tree.h"
#include "modules/limits/rule_set.h"

namespace ashlar::limits {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNativeEnding = ".rules.json";

base::Error bad_folder(std::string detail) {
  return base::fail(base::Code::kInvalid, "bad_rule_folder", std::move(detail));
}

base::Result<std::vector<std::string>> names_in(const std::string& path) {
  std::error_code failed;
  std::vector<std::string> names;
  for (fs::directory_iterator at(path, failed); !failed && at != fs::directory_iterator();
       at.increment(failed)) {
    std::string name = at->path().filename().string();
    if (name.starts_with("..")) continue;
    if (names.size() >= RuleFolder::kMaxFiles) {
      return bad_folder("more than " + std::to_string(RuleFolder::kMaxFiles) + " files in " + path);
    }
    names.push_back(std::move(name));
  }
  if (failed) {
    return base::fail(base::Code::kNotFound, "no_rule_folder",
                      "cannot read the folder " + path + ": " + failed.message());
  }
  std::ranges::sort(names);
  return names;
}

// `room`: how many bytes it may have; what it has is taken from that.
base::Result<std::string> read_file(const fs::path& path, std::size_t& room) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);  // of what a link leads to
  if (failed) return bad_folder("cannot read " + path.string() + ": " + failed.message());
  if (fs::is_directory(status)) return bad_folder(path.string() + " is a folder, not a rule file");
  if (!fs::is_regular_file(status)) return bad_folder(path.string() + " is not a regular file");

  std::ifstream in(path, std::ios::binary);
  std::string text;
  std::array<char, 16 * 1024> piece;
  while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
    const auto count = static_cast<std::size_t>(in.gcount());
    if (count > room) {
      return bad_folder("the rule files have more than " + std::to_string(RuleFolder::kMaxBytes) +
                        " bytes together");
    }
    room -= count;
    text.append(piece.data(), count);
  }
  if (!in.eof()) return bad_folder("cannot read " + path.string());
  return text;
}

}  // namespace

base::Result<RuleFolder> RuleFolder::read(const std::string& path) {
  ASHLAR_ASSIGN(const auto names, names_in(path));
  RuleFolder out;
  std::size_t room = kMaxBytes;
  for (const std::string& name : names) {
    ASHLAR_ASSIGN(std::string text, read_file(fs::path(path) / name, room));
    auto& kind = name.ends_with(kNativeEnding) ? out.native : out.yaml;
    kind.push_back({name, std::move(text)});
  }
  return out;
}

base::Result<std::vector<RlsFile>> parse_rls_files(const RuleFolder& folder) {
  std::vector<RlsFile> out;
  for (const RuleText& each : folder.yaml) {
    ASHLAR_ASSIGN(out.emplace_back(), parse_rls_file(each.name, each.text));
  }
  return out;
}

namespace {

std::string counted(std::size_t n, const char* noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

}  // namespace

base::Status check_rule_folder(const std::string& path, bool merge_domains, std::ostream& out) {
  ASHLAR_ASSIGN(const RuleFolder folder, RuleFolder::read(path));
  ASHLAR_ASSIGN(const auto files, parse_rls_files(folder));
  RlsTree::Options options;
  options.merge_domains = merge_domains;
  ASHLAR_ASSIGN(const auto tree, RlsTree::compile(files, options));
  ASHLAR_ASSIGN(std::vector<Rule> own, parse_own_rules(folder.native));
  ASHLAR_ASSIGN(const auto native, RuleSet::compile(std::move(own), {}));
  out << "good: " << counted(folder.yaml.size(), "rule file") << ", "
      << counted(tree->domains(), "domain") << ", " << counted(tree->rules().size(), "limit");
  if (!folder.native.empty()) out << "; " << counted(native->rules().size(), "native rule");
  out << "\n";
  return {};
}

}  // namespace ashlar::limits
