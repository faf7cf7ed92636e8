#include "platform/security/idempotency.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/security/digest.h"
#include "platform/security/idempotency_store.h"
#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using base::Code;

// Lengths go in front, so that no two requests run together to the same text.
void append_sized(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

std::string_view header_of(const AnswerHeaders& headers, std::string_view name) {
  for (const auto& [own, value] : headers) {
    if (base::ascii_iequals(own, name)) return value;
  }
  return {};
}

bool shows_a_secret(const AnswerHeaders& headers) {
  return base::ascii_lower(header_of(headers, "cache-control")).find("no-store") !=
         std::string::npos;
}

std::string headers_text(const AnswerHeaders& headers) {
  std::string text;
  for (const auto& [name, value] : headers) {
    text.append(name).append(": ").append(value).append("\n");
  }
  return text;
}

AnswerHeaders parse_headers(std::string_view text) {
  AnswerHeaders headers;
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

std::string without_secret(std::string_view body) {
  auto value = json::parse(body);
  CHECK(value.ok() && value->if_object() != nullptr);
  const std::size_t removed = std::erase_if(*value->if_object(), [](const auto& member) {
    return member.first == kSecretMember || member.first == kSigningSecretMember;
  });
  CHECK(removed == 1);
  return json::to_text(*value);
}

}  // namespace

std::string request_hash(std::string_view method, std::string_view path, std::string_view body) {
  std::string text;
  text.reserve(method.size() + path.size() + body.size() + 32);
  append_sized(text, method);
  append_sized(text, path);
  append_sized(text, body);
  return sha256(text);
}

base::Result<std::optional<StoredAnswer>> look_up(storage::Transaction& tx,
                                                  const IdempotentRequest& request,
                                                  base::Time now) {
  ASHLAR_ASSIGN(auto found, find_idempotency_record(tx, request.mode, request.key));
  // The sweep may not have come by yet.
  if (!found || found->created_at + kIdempotencyLifetime <= now)
    return std::optional<StoredAnswer>();
  if (found->route != request.route || found->request_hash != request.hash) {
    return base::fail(
        Code::kInvalid, "idempotency_key_reused",
        "this Idempotency-Key came with another request before; a new request needs a new key");
  }
  StoredAnswer answer{found->status, parse_headers(found->headers), std::move(found->body)};
  return std::optional(std::move(answer));
}

base::Status record(storage::Transaction& tx, const IdempotentRequest& request, int status,
                    const AnswerHeaders& headers, std::string_view body, base::Time now) {
  IdempotencyRecord stored;
  stored.route = request.route;
  stored.request_hash = request.hash;
  stored.status = status;
  stored.headers = headers_text(headers);
  stored.body = shows_a_secret(headers) ? without_secret(body) : std::string(body);
  stored.created_at = now;
  return put_idempotency_record(tx, request.mode, request.key, stored);
}

base::Result<std::int64_t> sweep_idempotency(storage::Database& db, base::Time now,
                                             std::int64_t batch) {
  const auto context = storage::Context::platform(storage::PlatformUse::kMaintenance);
  std::int64_t swept = 0;
  for (int i = 0; i < kMaxSweepBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t removed, db.write(context, [&](storage::Transaction& tx) {
      return sweep_idempotency_records(tx, now - kIdempotencyLifetime, batch);
    }));
    swept += removed;
    if (removed < batch) break;
  }
  return swept;
}

}  // namespace ashlar::security
