#include "modules/payments/claims.h"

#include <algorithm>
#include <array>

#include "platform/storage/database.h"

namespace ashlar::payments {

using base::Code;

Claim claim_of(const Asked& asked, base::Time now, base::Seconds life) {
  Claim claim;
  claim.mode = asked.mode;
  claim.key = asked.key.value_or("");
  claim.fingerprint = asked.fingerprint;
  claim.face = asked.face;
  claim.face_state = asked.face_state;
  claim.principal = asked.principal;
  claim.request_id = asked.request_id;
  claim.expires_at = now + life;
  return claim;
}

Asked asked_of(const Claim& claim, base::TenantId tenant) {
  Asked asked;
  asked.tenant = tenant;
  asked.mode = claim.mode;
  asked.principal = claim.principal;
  asked.request_id = claim.request_id;
  asked.key = claim.key;
  asked.fingerprint = claim.fingerprint;
  asked.face = claim.face;
  asked.face_state = claim.face_state;
  return asked;
}

base::Result<Found> judge(const Claim& claim, std::string_view fingerprint, base::Time now) {
  if (claim.fingerprint != fingerprint) {
    return base::fail(
        Code::kInvalid, "idempotency_key_reused",
        "This Idempotency-Key came with another request before; a new request needs a new key.");
  }
  if (claim.point == RecoveryPoint::kFinished) return Found::kAnswer;
  if (claim.lease_until > now) {
    return base::fail(Code::kConflict, "idempotency_key_in_use",
                      "The first request with this Idempotency-Key is still at work; ask again.");
  }
  return Found::kTakeOver;
}

base::Error not_booked(const base::Error& why) {
  const bool passing = why.code == Code::kUnavailable || why.code == Code::kDeadline;
  if (!passing) return why;
  return base::fail(Code::kConflict, "idempotency_key_in_use",
                    "What the provider did is not booked yet; ask again.");
}

std::string headers_text(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string text;
  for (const auto& [name, value] : headers) {
    text.append(name).append(": ").append(value).append("\n");
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> headers_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> headers;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return headers;
}

namespace claims {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Row;
using storage::Sql;

constexpr Sql kFind{Audience::kTenant,
                    "SELECT fingerprint, epoch, point, lease_until, attempt, face, face_state,"
                    " principal, request_id, status, headers, body, expires_at"
                    " FROM payment_claims WHERE tenant_id = :tenant AND mode = ?1 AND key = ?2"};

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO payment_claims (tenant_id, mode, key, fingerprint, epoch, point, lease_until,"
    " attempt, face, face_state, principal, request_id, status, headers, body, expires_at)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"};

constexpr Sql kRenew{Audience::kTenant,
                     "UPDATE payment_claims SET epoch = ?4, lease_until = ?5, attempt = ?6"
                     " WHERE tenant_id = :tenant AND mode = ?1 AND key = ?2 AND epoch = ?3"
                     " AND point < 5"};

constexpr Sql kFinish{Audience::kTenant,
                      "UPDATE payment_claims SET point = 5, status = ?4, headers = ?5, body = ?6"
                      " WHERE tenant_id = :tenant AND mode = ?1 AND key = ?2 AND epoch = ?3"
                      " AND point < 5"};

constexpr Sql kRelease{Audience::kTenant,
                       "DELETE FROM payment_claims WHERE tenant_id = :tenant AND mode = ?1"
                       " AND key = ?2 AND epoch = ?3 AND point < 5"};

// A claim that is not finished waits for a call that is not resolved.
constexpr Sql kEndLeases{
    Audience::kPlatform,
    "UPDATE payment_claims SET lease_until = ?1 WHERE point < 5 AND lease_until > ?1"
    " AND (tenant_id, mode, key) IN (SELECT tenant_id, claim_mode, claim_key"
    " FROM payment_attempts WHERE ask_at IS NOT NULL AND claim_key <> '')"};

// Rows expire in the order in which they were made: the first ones tell whether there is any.
constexpr Sql kReap{Audience::kPlatform,
                    "DELETE FROM payment_claims WHERE expires_at <= ?1 AND id IN"
                    " (SELECT id FROM payment_claims ORDER BY id LIMIT ?2)"};

constexpr std::array<const Sql*, 7> kStatements{&kFind,    &kInsert,    &kRenew, &kFinish,
                                                &kRelease, &kEndLeases, &kReap};

}  // namespace

base::Result<std::optional<Claim>> find(storage::Transaction& tx, std::string_view mode,
                                        std::string_view key) {
  std::optional<Claim> found;
  ASHLAR_TRY(tx.query(kFind, {mode, key}, [&](const Row& row) {
    Claim& claim = found.emplace();
    claim.mode = mode;
    claim.key = key;
    claim.fingerprint = row.blob(0);
    claim.epoch = row.integer(1);
    claim.point = static_cast<RecoveryPoint>(row.integer(2));
    claim.lease_until = base::from_micros(row.integer(3));
    claim.attempt = row.text(4);
    claim.face = static_cast<FaceKind>(row.integer(5));
    claim.face_state = row.text(6);
    claim.principal = row.text(7);
    claim.request_id = row.text(8);
    claim.answer.status = static_cast<int>(row.integer(9));
    claim.answer.headers = headers_of(row.text(10));
    claim.answer.body = row.text(11);
    claim.expires_at = base::from_micros(row.integer(12));
  }));
  return found;
}

base::Status insert(storage::Transaction& tx, const Claim& claim) {
  ASHLAR_TRY(tx.execute(
      kInsert,
      {claim.mode, claim.key, Blob{claim.fingerprint}, claim.epoch,
       static_cast<std::int64_t>(claim.point), base::to_micros(claim.lease_until), claim.attempt,
       static_cast<std::int64_t>(claim.face), claim.face_state, claim.principal, claim.request_id,
       std::int64_t{claim.answer.status}, headers_text(claim.answer.headers), claim.answer.body,
       base::to_micros(claim.expires_at)}));
  return base::ok_status();
}

base::Result<bool> renew(storage::Transaction& tx, const Claim& claim, std::int64_t from) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kRenew, {claim.mode, claim.key, from, claim.epoch,
                                    base::to_micros(claim.lease_until), claim.attempt}));
  return rows == 1;
}

base::Result<bool> finish(storage::Transaction& tx, const Claim& claim) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kFinish, {claim.mode, claim.key, claim.epoch, std::int64_t{claim.answer.status},
                           headers_text(claim.answer.headers), claim.answer.body}));
  return rows == 1;
}

base::Result<bool> release(storage::Transaction& tx, const Claim& claim) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kRelease, {claim.mode, claim.key, claim.epoch}));
  return rows == 1;
}

base::Result<std::int64_t> end_leases(storage::Transaction& tx, base::Time now) {
  return tx.execute(kEndLeases, {base::to_micros(now)});
}

base::Result<std::int64_t> reap(storage::Transaction& tx, base::Time now, std::int64_t limit) {
  return tx.execute(kReap, {base::to_micros(now), limit});
}

std::span<const Sql* const> statements() { return kStatements; }

}  // namespace claims
}  // namespace ashlar::payments
