#include "platform/security/answer_once.h"

#include <utility>

#include "platform/http/accept.h"
#include "platform/http/call.h"
#include "platform/http/route.h"
#include "platform/http/router.h"
#include "platform/security/idempotency.h"

namespace ashlar::security {

base::Result<std::optional<std::string>> idempotency_key_of(const http::Call& call) {
  // Sent, but empty, is malformed: whoever sends the field counts on it.
  if (call.head->idempotency_key.data() == nullptr) return std::optional<std::string>();
  std::optional<std::string> key = http::parse_idempotency_key(call.head->idempotency_key);
  if (!key) {
    return base::fail(base::Code::kInvalid, "bad_idempotency_key",
                      "Idempotency-Key is 1 to 255 visible characters, bare or quoted.");
  }
  return key;
}

base::Result<http::Response> answer_once(
    storage::Transaction& tx, const http::Call& call, const std::optional<std::string>& key,
    base::Time now, const std::function<base::Result<http::Response>()>& effect) {
  if (!key) return effect();
  const std::string route = std::string(http::method_name(call.route->method)) + " " +
                            std::string(call.route->path.value);
  const std::string hash = request_hash(call.head->method_text, call.head->path, call.body);
  const IdempotentRequest request{call.principal.mode, *key, route, hash};
  ASHLAR_ASSIGN(std::optional<StoredAnswer> stored, look_up(tx, request, now));
  if (stored) {
    return http::Response{stored->status, "application/json", std::move(stored->headers),
                          std::move(stored->body)}
        .header("Idempotency-Replayed", "true");
  }
  ASHLAR_ASSIGN(http::Response response, effect());
  ASHLAR_TRY(record(tx, request, response.status, response.headers, response.body, now));
  return response;
}

}  // namespace ashlar::security
