// Documents: who is inside and may not be any more: keys that end, and what the door says again.
#include <utility>
#include <variant>

#include "base/clock.h"
#include "modules/documents/documents.h"
#include "platform/security/key_notice.h"

namespace ashlar::documents {

// Tokens are asked about when their tenant's keys end, too: they may end with it.
void Documents::hear_keys(const storage::Database::Notice& notice) {
  const auto ended = security::parse_key_notice(notice.payload);
  const bool all = notice.resync || !ended;
  for_each_live([ended, all](LiveDocument& live) {
    live.ask_again([&](const Visitor& visitor) {
      if (all) return true;
      if (const auto* key = std::get_if<security::KeyId>(&*ended)) return visitor.key == *key;
      return visitor.tenant == std::get<base::TenantId>(*ended);
    });
  });
}

void Documents::ask_door(const std::shared_ptr<LiveDocument>& live,
                         const DocumentSession& session) {
  const auto give = [live, id = session.id,
                     question = session.question.number](base::Result<Access> access) {
    live->loop().post(
        [live, id, question, access = std::move(access)] { live->answer(id, question, access); });
  };
  const auto overloaded = [give] {
    give(base::fail(base::Code::kUnavailable, "documents_overloaded", "Too much waits."));
  };
  const auto ask = [this, give, name = live->row().name, visitor = session.visitor] {
    give(door_.check_again(visitor, name, clock_.mono() + kDeadline));
  };
  if (!run(ask, overloaded)) overloaded();
}

}  // namespace ashlar::documents
