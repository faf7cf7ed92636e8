// ApiKeys: keys by which programs prove for which tenant they call, and what they may do.
//
//   (none) ──create──> active ──revoke──> revoked        kept in lists, never accepted again
//                         └──its expires_at──> expired   the same
//
// authenticate() is on the way of every call, so positive answers are cached (KeyCache). What keeps
// the cache honest:
//  1. A key that was revoked, or whose tenant was deleted, is refused by every authenticate() that
//     begins after the revocation was acknowledged; in other processes as soon as storage's notice
//     (key_notice.h) arrives there.
//  2. Expiry is checked against the clock at every use.
//  3. Negative answers are not cached: a new key works at once.
//
// Errors beside storage's:
//   kUnauthenticated invalid_api_key (no key, not ours, revoked: all the same), expired_api_key
//   kInvalid         invalid_request with fields: name, scopes, expires_at
//   kForbidden       scope_not_held: a key cannot give what it does not have
//   kNotFound        key_not_found: no such key, or another tenant's
// Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/security/principal.h"

namespace ashlar::storage {
class Context;
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::security {

class KeyCache;

struct ApiKey {
  KeyId id;  // random: says nothing about how many keys others have
  std::string public_id;
  std::optional<std::string> name;
  std::vector<std::string> scopes;
  std::string mode;
  base::Time created_at;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> last_used_at;  // up to a minute behind
  std::optional<base::Time> revoked_at;
};

struct NewApiKey {
  std::optional<std::string> name;  // 1 to kMaxKeyNameChars characters
  std::vector<std::string> scopes;  // at least one, all known
  std::optional<base::Time> expires_at;
};

struct CreatedApiKey {
  ApiKey key;
  std::string text;  // the secret: this is the only time that it is seen
};

// Where a page of the list ended.
struct KeyPosition {
  base::Time created_at;
  KeyId id;
};

class ApiKeys {
 public:
  static constexpr std::size_t kMaxKeyNameChars = 100;
  static constexpr std::size_t kMaxCached = 8192;

  // Everything by reference outlives it; it subscribes to `db`, so it outlives `db`'s threads.
  // `known_scopes`: those that some route asks for.
  ApiKeys(storage::Database& db, const base::Clock& clock, base::Entropy& entropy,
          std::vector<std::string> known_scopes);
  ~ApiKeys();
  ApiKeys(const ApiKeys&) = delete;
  ApiKeys& operator=(const ApiKeys&) = delete;

  [[nodiscard]] std::span<const std::string> known_scopes() const { return known_scopes_; }

  // In the transaction's tenant. `creator` must hold every scope that it gives; the administrator
  // holds all.
  base::Result<CreatedApiKey> create(storage::Transaction& tx, const NewApiKey& wanted,
                                     const Principal& creator);
  base::Result<CreatedApiKey> create(const storage::Context& tenant, const NewApiKey& wanted,
                                     const Principal& creator);

  base::Result<ApiKey> find(const storage::Context& tenant, KeyId id);
  // Newest first, those after `after`, at most `limit`.
  base::Result<std::vector<ApiKey>> list(const storage::Context& tenant,
                                         std::optional<KeyPosition> after, int limit);
  // Repeating it changes nothing.
  base::Status revoke(const storage::Context& tenant, KeyId id);

  // Who presents this text. Cached: below a microsecond, no lock held across I/O. Not cached: one
  // read of storage, which may block. So inline handlers use the first, workers the second.
  [[nodiscard]] std::shared_ptr<const Principal> authenticate_cached(std::string_view text);
  base::Result<std::shared_ptr<const Principal>> authenticate(
      std::string_view text, std::optional<base::Mono> deadline = {});

  // Writes when keys were last used: each key at most once a minute, or whatever is pending with
  // kEverything (at the end of the program). App calls it now and then.
  enum class Flush : std::uint8_t { kDue, kEverything };
  base::Status flush_last_used(Flush which);

 private:
  base::Status check(const NewApiKey& wanted, const Principal& creator) const;

  storage::Database& db_;
  const base::Clock& clock_;
  base::Entropy& entropy_;
  const std::vector<std::string> known_scopes_;
  const std::unique_ptr<KeyCache> cache_;
};

}  // namespace ashlar::security
