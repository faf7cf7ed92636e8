// Rule files of whatever bytes: they are refused with a reason, or compile into a tree that
// answers.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/limits/rls_config.h"
#include "modules/limits/rls_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace limits = ashlar::limits;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = limits::parse_rls_file("file", text);
  if (!file.ok()) {
    CHECK(file.error().detail.starts_with("file: "));
    return 0;
  }
  const auto tree = limits::RlsTree::compile({&*file, 1}, {});
  if (!tree.ok()) return 0;

  limits::RlsMatch match;
  std::string key;
  std::string metric;
  std::string scratch;
  for (const auto& descriptor : file->descriptors) {
    const std::array<limits::RlsEntry, 1> entries{{{descriptor.key, descriptor.value}}};
    (*tree)->find(file->domain, entries, match, scratch);
    // what a rule says of itself, it answers to
    if (!descriptor.value.empty() && descriptor.rate_limit) CHECK(match.rule != nullptr);
    limits::RlsTree::append_key(file->domain, entries, match, key);
    (*tree)->append_metric(file->domain, entries, match, metric, scratch);
    CHECK(key.starts_with(file->domain) && metric.starts_with(file->domain));
    key.clear();
    metric.clear();
  }
  return 0;
}
