#include "platform/security/api_keys.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.h"
#include "platform/security/api_key.h"
#include "platform/security/api_keys_store.h"
#include "platform/security/key_cache.h"
#include "platform/security/key_notice.h"
#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using base::Code;
using storage::Context;
using storage::Transaction;

constexpr base::Seconds kUseResolution{60};
constexpr std::size_t kUsesPerWrite = 200;

base::Error invalid_key() {
  return base::fail(Code::kUnauthenticated, "invalid_api_key",
                    "this is not a key of Ashlar, or it was revoked or cut off");
}

base::Error key_not_found() {
  return base::fail(Code::kNotFound, "key_not_found", "there is no such key");
}

Context look_up_context(std::optional<base::Mono> deadline = {}) {
  return Context::platform(storage::PlatformUse::kKeyLookup, deadline);
}

bool is_name(std::string_view name) {
  if (!base::is_utf8(name)) return false;
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const std::size_t length = base::utf8_length(name);
  return length >= 1 && length <= ApiKeys::kMaxKeyNameChars && std::ranges::none_of(name, control);
}

std::shared_ptr<const Principal> principal_of(KeyProof proof) {
  auto principal = std::make_shared<Principal>();
  principal->kind = Principal::Kind::kKey;
  principal->tenant = proof.tenant;
  principal->tenant_name = std::move(proof.tenant_name);
  principal->key = proof.key.id;
  principal->scopes = std::move(proof.key.scopes);
  principal->mode = std::move(proof.key.mode);
  return principal;
}

// Above zero, so that it is set.
KeyId random_key_id(base::Entropy& entropy) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  return KeyId(static_cast<std::int64_t>(entropy.u64() % kMax) + 1);
}

}  // namespace

ApiKeys::ApiKeys(storage::Database& db, const base::Clock& clock, base::Entropy& entropy,
                 std::vector<std::string> known_scopes)
    : db_(db),
      clock_(clock),
      entropy_(entropy),
      known_scopes_(std::move(known_scopes)),
      cache_(std::make_unique<KeyCache>(entropy, kMaxCached)) {
  db_.subscribe(std::string(kKeysChannel), [this](const storage::Database::Notice& notice) {
    const auto changed = parse_key_notice(notice.payload);
    if (notice.resync || !changed) {
      cache_->clear();
    } else if (const auto* key = std::get_if<KeyId>(&*changed)) {
      cache_->forget_key(*key);
    } else {
      cache_->forget_tenant(std::get<base::TenantId>(*changed));
    }
  });
}

ApiKeys::~ApiKeys() = default;

base::Status ApiKeys::check(const NewApiKey& wanted, const Principal& creator) const {
  base::Error error =
      base::fail(Code::kInvalid, "invalid_request", "the key cannot be made like this");
  if (wanted.name && !is_name(*wanted.name)) {
    error.fields.push_back(
        {"/name", "bad_format", "a name is 1 to 100 characters, none of them control characters"});
  }
  if (wanted.scopes.empty()) {
    error.fields.push_back({"/scopes", "too_few_items", "a key without scopes could do nothing"});
  }
  for (std::size_t i = 0; i < wanted.scopes.size(); ++i) {
    if (std::ranges::find(known_scopes_, wanted.scopes[i]) != known_scopes_.end()) continue;
    error.fields.push_back(
        {"/scopes/" + std::to_string(i), "not_allowed", "there is no such scope"});
  }
  if (wanted.expires_at && *wanted.expires_at <= clock_.now()) {
    error.fields.push_back({"/expires_at", "out_of_range", "the expiry must lie in the future"});
  }
  if (!error.fields.empty()) return error;
  for (const std::string& scope : wanted.scopes) {
    if (creator.has_scope(scope)) continue;
    return base::fail(Code::kForbidden, "scope_not_held",
                      "a key cannot give the scope " + scope + ", which it does not have");
  }
  return base::ok_status();
}

base::Result<CreatedApiKey> ApiKeys::create(Transaction& tx, const NewApiKey& wanted,
                                            const Principal& creator) {
  ASHLAR_TRY(check(wanted, creator));
  ApiKeyText made = make_api_key(entropy_);
  CreatedApiKey created;
  created.key.id = random_key_id(entropy_);
  created.key.public_id = std::move(made.public_id);
  created.key.name = wanted.name;
  for (const std::string& scope : wanted.scopes) {
    if (std::ranges::find(created.key.scopes, scope) == created.key.scopes.end()) {
      created.key.scopes.push_back(scope);
    }
  }
  created.key.mode = creator.mode;
  created.key.created_at = clock_.now();
  created.key.expires_at = wanted.expires_at;
  ASHLAR_TRY(insert_key(tx, created.key, api_key_hash(made.text)));
  created.text = std::move(made.text);
  return created;
}

base::Result<CreatedApiKey> ApiKeys::create(const Context& tenant, const NewApiKey& wanted,
                                            const Principal& creator) {
  return db_.write(tenant, [&](Transaction& tx) { return create(tx, wanted, creator); });
}

base::Result<ApiKey> ApiKeys::find(const Context& tenant, KeyId id) {
  ASHLAR_ASSIGN(auto found, db_.read(tenant, [&](Transaction& tx) { return find_key(tx, id); }));
  if (!found) return key_not_found();
  return *std::move(found);
}

base::Result<std::vector<ApiKey>> ApiKeys::list(const Context& tenant,
                                                std::optional<KeyPosition> after, int limit) {
  return db_.read(tenant, [&](Transaction& tx) { return list_keys(tx, after, limit); });
}

base::Status ApiKeys::revoke(const Context& tenant, KeyId id) {
  const base::Time now = clock_.now();
  return db_.write(tenant, [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const bool found, revoke_key(tx, id, now));
    if (!found) return key_not_found();
    tx.notify(kKeysChannel, key_notice(id));
    return base::ok_status();
  });
}

std::shared_ptr<const Principal> ApiKeys::authenticate_cached(std::string_view text) {
  if (text.size() != kApiKeyChars) return nullptr;
  return cache_->find(text, clock_.now());
}

base::Result<std::shared_ptr<const Principal>> ApiKeys::authenticate(
    std::string_view text, std::optional<base::Mono> deadline) {
  if (auto principal = authenticate_cached(text)) return principal;
  const auto public_id = api_key_public_id(text);
  if (!public_id) return invalid_key();
  const std::uint64_t epoch = cache_->epoch();
  ASHLAR_ASSIGN(auto proof, db_.read(look_up_context(deadline), [&](Transaction& tx) {
    return find_key_proof(tx, *public_id);
  }));
  const bool proved = proof && base::constant_time_equals(proof->secret_hash, api_key_hash(text));
  if (!proved || proof->key.revoked_at) return invalid_key();
  const base::Time now = clock_.now();
  if (proof->key.expires_at && now >= *proof->key.expires_at) {
    return base::fail(Code::kUnauthenticated, "expired_api_key", "this key has expired");
  }
  const auto expires_at = proof->key.expires_at;
  const auto last_used_at = proof->key.last_used_at;
  auto principal = principal_of(*std::move(proof));
  cache_->insert(text, principal, expires_at, last_used_at, epoch, now);
  return principal;
}

base::Status ApiKeys::flush_last_used(Flush which) {
  const base::Micros min_age =
      which == Flush::kDue ? base::Micros(kUseResolution) : base::Micros(0);
  const std::vector<KeyCache::Use> uses = cache_->take_uses(clock_.now(), min_age);
  for (std::size_t from = 0; from < uses.size(); from += kUsesPerWrite) {
    const std::size_t to = std::min(from + kUsesPerWrite, uses.size());
    const base::Status noted = db_.write(look_up_context(), [&](Transaction& tx) -> base::Status {
      for (std::size_t i = from; i < to; ++i) ASHLAR_TRY(note_key_use(tx, uses[i].key, uses[i].at));
      return base::ok_status();
    });
    ASHLAR_TRY(noted);
  }
  return base::ok_status();
}

}  // namespace ashlar::security
