#include "modules/payments/providers/sandbox_notice.h"

#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::payments {
namespace {

base::Error malformed(const std::string& why) {
  return base::fail(base::Code::kInvalid, "notice_malformed", "The webhook cannot be read: " + why);
}

bool read_text(const json::Value& value, std::string_view name, std::string& into) {
  const json::Value* found = value.find(name);
  if (found == nullptr || found->if_string() == nullptr) return false;
  into = *found->if_string();
  return true;
}

bool read_number(const json::Value& value, std::string_view name, std::int64_t& into) {
  const json::Value* found = value.find(name);
  if (found == nullptr || found->if_integer() == nullptr) return false;
  into = *found->if_integer();
  return true;
}

}  // namespace

std::string sandbox_notice_body(const ProviderNotice& n) {
  std::string out;
  json::Writer json(out);
  json.begin_object().key("id").string(n.id).key("type").string(to_text(n.kind));
  json.key("tenant").integer(n.tenant.value).key("at").string(base::format_rfc3339(n.at));
  json.key("key").string(n.key).key("reference").string(n.reference);
  json.key("about").string(n.about).key("amount").integer(n.amount).key("fee").integer(n.fee);
  json.key("currency").string(n.currency).key("reason").string(n.reason).key("due_by");
  if (n.due_by) {
    json.string(base::format_rfc3339(*n.due_by));
  } else {
    json.null();
  }
  json.end_object();
  return out;
}

base::Result<ProviderNotice> read_sandbox_notice(std::string_view body) {
  const auto value = json::parse(body);
  if (!value.ok()) return malformed(value.error().detail);
  ProviderNotice notice;
  std::string type, at, due_by;
  std::int64_t tenant = 0;
  const bool whole =
      read_text(*value, "id", notice.id) && read_text(*value, "type", type) &&
      read_number(*value, "tenant", tenant) && read_text(*value, "at", at) &&
      read_text(*value, "key", notice.key) && read_text(*value, "reference", notice.reference) &&
      read_text(*value, "about", notice.about) && read_number(*value, "amount", notice.amount) &&
      read_number(*value, "fee", notice.fee) && read_text(*value, "currency", notice.currency) &&
      read_text(*value, "reason", notice.reason);
  if (!whole) return malformed("a member is missing or of another type");
  const auto kind = notice_kind_of(type);
  const auto time = base::parse_rfc3339(at);
  if (!kind || !time || tenant <= 0) return malformed("its type, time or tenant is none");
  notice.kind = *kind;
  notice.at = *time;
  notice.tenant = base::TenantId(tenant);
  if (read_text(*value, "due_by", due_by)) {
    notice.due_by = base::parse_rfc3339(due_by);
    if (!notice.due_by) return malformed("its due_by is no time");
  }
  return notice;
}

}  // namespace ashlar::payments
