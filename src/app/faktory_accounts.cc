#include "app/faktory_accounts.h"

#include <sys/stat.h>

#include <fstream>
#include <optional>
#include <utility>

#include "base/text.h"
#include "modules/tasks/faktory_protocol.h"
#include "platform/security/api_keys.h"

namespace ashlar::app {
namespace {

using base::Code;

constexpr const char* kScopes[] = {"tasks:read", "tasks:write"};

// Of a file that is there: its time and size, in one number. nullopt: it is not.
std::optional<std::int64_t> stamp_of(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  constexpr std::int64_t kNano = 1'000'000'000;
  return (facts.st_mtim.tv_sec * kNano + facts.st_mtim.tv_nsec) ^ (facts.st_size << 40);
}

}  // namespace

base::Result<std::vector<std::string>> FaktoryAccounts::known_keys() {
  const std::lock_guard lock(mutex_);
  const auto stamp = stamp_of(path_);
  if (!stamp) {
    return base::fail(Code::kUnauthenticated, "faktory_no_keys",
                      "there is no file of keys: see faktory.keys");
  }
  if (*stamp == stamp_) return read_;
  std::ifstream file(path_);
  std::string text(kMaxFileBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  read_.clear();
  std::string_view rest = text;
  while (!rest.empty() && read_.size() < kMaxKeys) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);  // as some editors write
    line = base::trim_spaces(line);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (!line.empty() && line.front() != '#') read_.emplace_back(line);
  }
  stamp_ = *stamp;
  return read_;
}

base::Result<base::TenantId> FaktoryAccounts::authenticate(const tasks::FaktoryProof& proof,
                                                           base::Mono deadline) {
  ASHLAR_ASSIGN(const std::vector<std::string> known, known_keys());
  for (const std::string& key : known) {
    const std::string hash = tasks::faktory_hash(key, proof.salt, proof.iterations);
    if (!base::constant_time_equals(hash, proof.pwdhash)) continue;
    const auto who = keys_.authenticate(key, deadline);
    if (!who.ok()) return who.error();
    for (const char* scope : kScopes) {
      if ((*who)->has_scope(scope)) continue;
      return base::fail(Code::kForbidden, "missing_scope",
                        "the key needs tasks:read and tasks:write");
    }
    return (*who)->tenant;
  }
  return base::fail(Code::kUnauthenticated, "invalid_api_key",
                    "the password is no key of the file");
}

}  // namespace ashlar::app
