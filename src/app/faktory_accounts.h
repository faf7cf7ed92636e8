// FaktoryAccounts: API keys as the passwords of Faktory's connections.
//
// Faktory's clients send a hash of password and salt, so the keys must be at hand: they stand in a
// file, one a line (blank lines and those that begin with # say nothing), which is read again when
// it has changed. A key that was revoked is none, whatever the file says; it needs the scopes
// tasks:read and tasks:write. Any thread; blocks on the file and on storage.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "modules/tasks/faktory_auth.h"

namespace ashlar::security {
class ApiKeys;
}

namespace ashlar::app {

class FaktoryAccounts final : public tasks::FaktoryAuth {
 public:
  static constexpr std::size_t kMaxKeys = 100;  // each costs some thousand hashes a connection
  static constexpr std::size_t kMaxFileBytes = 64 * 1024;

  FaktoryAccounts(std::string path, security::ApiKeys& keys)
      : path_(std::move(path)), keys_(keys) {}

  base::Result<base::TenantId> authenticate(const tasks::FaktoryProof& proof,
                                            base::Mono deadline) override;

 private:
  base::Result<std::vector<std::string>> known_keys();

  const std::string path_;
  security::ApiKeys& keys_;
  std::mutex mutex_;  // guards what follows
  std::int64_t stamp_ = -1;
  std::vector<std::string> read_;
};

}  // namespace ashlar::app
