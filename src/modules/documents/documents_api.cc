#include "modules/documents/documents_api.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "modules/documents/documents_json.h"
#include "modules/documents/documents_module.h"
#include "modules/documents/documents_store.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/late_answer.h"
#include "platform/http/paging.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;
using base::Result;
using http::Call;
using http::Response;

constexpr std::int64_t kMaxGrants = 1'000;

http::CursorScope list_scope(const Call& call) {
  return {"documents", call.principal.tenant.value};
}

base::Error not_found() {
  return fail(Code::kNotFound, "document_not_found", "There is no such document.");
}

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : 0;
}

DocumentJson render(const DocumentRow& row, std::size_t sessions) {
  return {row.name,         row.no.to_string(),
          row.created_at,   row.created_by,
          row.updated_at,   row.updated_by,
          row.seq,          row.snapshot_bytes + row.tail_bytes,
          row.stored_bytes, static_cast<std::int64_t>(sessions)};
}

SessionsJson render(const SessionInquiries::Report& report) {
  SessionsJson json;
  for (const auto& [instance, session] : report.sessions) {
    json.data.push_back({instance.to_string() + "." + session.id.to_string(), instance.to_string(),
                         session.user, session.name, std::string(access_name(session.access)),
                         session.wire, session.since});
  }
  for (const InstanceId one : report.answered) json.instances.push_back(one.to_string());
  for (const InstanceId one : report.missing) json.missing.push_back(one.to_string());
  json.truncated = report.truncated;
  return json;
}

base::Status check_subject(std::string_view subject) {
  if (!subject.empty() && subject.size() <= kMaxUserBytes) return base::ok_status();
  return fail(Code::kInvalid, "subject_invalid", "A subject has 1 to 200 bytes.");
}

// Of one more; who has one already may always be lowered.
base::Status check_grant_count(storage::Transaction& tx, DocumentNo no, std::string_view subject) {
  ASHLAR_ASSIGN(const auto own, store::find_grant(tx, no, subject));
  if (own) return base::ok_status();
  ASHLAR_ASSIGN(const auto all, store::list_grants(tx, no, "", kMaxGrants));
  if (static_cast<std::int64_t>(all.size()) < kMaxGrants) return base::ok_status();
  return fail(Code::kConflict, "too_many_grants", "The document has 1,000 grants.");
}

}  // namespace

Result<DocumentRow> DocumentsApi::find(storage::Transaction& tx, const Call& call) const {
  ASHLAR_ASSIGN(auto row, store::find(tx, call.param(0)));
  if (!row) return not_found();
  return *std::move(row);
}

Result<Response> DocumentsApi::create(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const NewDocumentJson wanted, new_document_schema().parse_body(call.body));
  ASHLAR_TRY(check_document_name(wanted.name));
  ASHLAR_TRY(module_.documents.check_count(tx));
  const std::string user = user_of(call.principal);
  ASHLAR_ASSIGN(const auto no, store::insert(tx, wanted.name, user, module_.clock.now()));
  if (!no) {
    return fail(Code::kConflict, "document_exists", "There is a document of this name.");
  }
  ASHLAR_ASSIGN(const auto row, store::find(tx, wanted.name));
  if (!row) return not_found();
  return http::json_response(201, document_schema(), render(*row, 0));
}

Result<Response> DocumentsApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(auto position, cursors_.decode<std::string>(list_scope(call), *cursor));
    after = std::get<0>(std::move(position));
  }
  const std::string prefix(call.query_value("prefix").value_or(""));
  ASHLAR_ASSIGN(auto found, module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
    return store::list(tx, prefix, after, limit + 1);
  }));
  json::Page<DocumentJson> page;
  if (static_cast<int>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(list_scope(call), found.back().name));
  }
  const auto sessions = module_.documents.sessions(call.principal.tenant);
  for (const DocumentRow& row : found) {
    const auto here = sessions.find(row.no.value);
    page.data.push_back(render(row, here == sessions.end() ? 0 : here->second));
  }
  return http::page_response(call, document_page_schema(), page);
}

Result<Response> DocumentsApi::get(Call& call) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kRead, call.deadline));
  ASHLAR_ASSIGN(const DocumentRow row,
                module_.db.read(call.tenant_context(),
                                [&](storage::Transaction& tx) { return find(tx, call); }));
  const auto sessions = module_.documents.sessions(call.principal.tenant);
  const auto here = sessions.find(row.no.value);
  return http::json_response(200, document_schema(),
                             render(row, here == sessions.end() ? 0 : here->second));
}

// With ?erase=true nothing of it is left when this has answered.
Result<Response> DocumentsApi::remove(Call& call) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kWrite, call.deadline));
  const bool erase = call.query_value("erase") == "true";
  const base::Time when = erase ? base::Time{} : module_.clock.now();
  ASHLAR_ASSIGN(
      const DocumentNo no,
      module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) -> Result<DocumentNo> {
        ASHLAR_ASSIGN(const DocumentRow row, find(tx, call));
        ASHLAR_TRY(store::remove(tx, row.no, when));
        ASHLAR_TRY(store::end_tokens(tx, row.name, module_.clock.now()));
        tx.notify(Documents::kChannel, Documents::document_deleted(row.tenant, row.name));
        return row.no;
      }));
  if (erase) ASHLAR_TRY(module_.erase(no));
  return http::no_content();
}

// --- Tokens and grants --------------------------------------------------------------------------

Result<Response> DocumentsApi::make_token(Call& call) const {
  ASHLAR_ASSIGN(const NewTokenJson wanted, new_token_schema().parse_body(call.body));
  const Access access = access_of_name(wanted.access).value_or(Access::kRead);
  // Nobody gives what he has not.
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), access, call.deadline));
  DocumentToken token;
  token.number = static_cast<std::int64_t>(module_.entropy.u64() >> 1) | 1;
  token.tenant = call.principal.tenant;
  token.document = call.param(0);
  token.access = access;
  token.user = wanted.user.value_or("guest:" + std::to_string(token.number));
  token.name = wanted.name.value_or("");
  if (wanted.info) token.info = wanted.info->text;
  if (token.info.size() > kMaxInfoBytes || (!token.info.empty() && token.info.front() != '{')) {
    return fail(Code::kInvalid, "token_info_invalid", "info is an object of at most 1,000 bytes.");
  }
  token.expires =
      std::chrono::floor<base::Seconds>(module_.clock.now()) + base::Seconds{wanted.ttl_s};
  token.made = module_.clock.now();
  const TokenJson json{module_.tokens.make(token), std::to_string(token.number), wanted.access,
                       token.user, token.expires};
  return http::json_response(201, token_schema(), json).header("Cache-Control", "no-store");
}

// Of tokens and grants. The console's administrator undoes what shut everybody out.
base::Status DocumentsApi::check_may_govern(const Call& call, Access wanted) const {
  if (call.principal.kind == security::Principal::Kind::kAdmin) return base::ok_status();
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), wanted, call.deadline));
  return base::ok_status();
}

Result<Response> DocumentsApi::revoke_token(Call& call) const {
  const std::int64_t number = number_of(call.param(1));
  if (number <= 0) {
    return fail(Code::kNotFound, "document_token_not_found", "This is no token's id.");
  }
  ASHLAR_TRY(check_may_govern(call, Access::kWrite));
  const base::Time until = module_.clock.now() + kLongestToken;
  ASHLAR_TRY(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::revoke_token(tx, call.param(0), number, until));
    tx.notify(Documents::kChannel, Documents::token_revoked(call.principal.tenant, number));
    return base::ok_status();
  }));
  return http::no_content();
}

Result<Response> DocumentsApi::grants(Call& call) const {
  ASHLAR_TRY(check_may_govern(call, Access::kRead));
  ASHLAR_ASSIGN(const auto rows,
                module_.db.read(call.tenant_context(),
                                [&](storage::Transaction& tx) -> Result<std::vector<GrantRow>> {
                                  ASHLAR_ASSIGN(const auto row, find(tx, call));
                                  return store::list_grants(tx, row.no, "", kMaxGrants);
                                }));
  GrantsJson json;
  for (const GrantRow& row : rows) {
    json.data.push_back({row.subject, std::string(access_name(row.access)), row.at});
  }
  return http::json_response(200, grants_schema(), json);
}

Result<Response> DocumentsApi::put_grant(Call& call) const {
  ASHLAR_ASSIGN(const PutGrantJson wanted, put_grant_schema().parse_body(call.body));
  ASHLAR_TRY(check_subject(call.param(1)));
  ASHLAR_TRY(check_may_govern(call, Access::kWrite));
  const GrantRow grant{call.param(1), access_of_name(wanted.access).value_or(Access::kNone),
                       module_.clock.now()};
  ASHLAR_TRY(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const DocumentRow row, find(tx, call));
    ASHLAR_TRY(check_grant_count(tx, row.no, grant.subject));
    ASHLAR_TRY(store::put_grant(tx, row.no, grant));
    tx.notify(Documents::kChannel, Documents::grants_changed(row.tenant, row.name));
    return base::ok_status();
  }));
  return http::json_response(200, grant_schema(),
                             GrantJson{grant.subject, wanted.access, grant.at});
}

Result<Response> DocumentsApi::remove_grant(Call& call) const {
  ASHLAR_TRY(check_may_govern(call, Access::kWrite));
  ASHLAR_TRY(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const DocumentRow row, find(tx, call));
    ASHLAR_ASSIGN(const bool removed, store::remove_grant(tx, row.no, call.param(1)));
    if (!removed) return fail(Code::kNotFound, "grant_not_found", "There is no such grant.");
    tx.notify(Documents::kChannel, Documents::grants_changed(row.tenant, row.name));
    return base::ok_status();
  }));
  return http::no_content();
}

// --- Sessions -----------------------------------------------------------------------------------

base::Status DocumentsApi::sessions(Call& call, std::shared_ptr<http::LateAnswer> answer) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kRead, call.deadline));
  module_.documents.find_sessions(
      call.principal.tenant, call.param(0),
      [answer = std::move(answer)](const Result<SessionInquiries::Report>& report) {
        if (!report.ok()) return answer->complete(report.error());
        answer->complete(http::json_response(200, sessions_schema(), render(*report)));
      });
  return base::ok_status();
}

base::Status DocumentsApi::end_session(Call& call, std::shared_ptr<http::LateAnswer> answer) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kWrite, call.deadline));
  const auto ended = [answer = std::move(answer)](const base::Status& status) {
    if (!status.ok()) return answer->complete(status.error());
    answer->complete(http::no_content());
  };
  const std::string_view id = call.param(1);
  const std::size_t dot = std::min(id.find('.'), id.size());
  const InstanceId holder(number_of(id.substr(0, dot)));
  const SessionId session(number_of(id.substr(std::min(dot + 1, id.size()))));
  module_.documents.end_session(call.principal.tenant, call.param(0), holder, session, ended);
  return base::ok_status();
}

}  // namespace ashlar::documents
