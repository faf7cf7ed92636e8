#include "modules/documents/versions_api.h"

#include <charconv>
#include <string>
#include <utility>

#include "modules/documents/document_past.h"
#include "modules/documents/documents_json.h"
#include "modules/documents/documents_module.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/version_keeper.h"
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

http::CursorScope list_scope(const Call& call) {
  return {"documents.versions", call.principal.tenant.value};
}

base::Error not_found() {
  return fail(Code::kNotFound, "document_not_found", "There is no such document.");
}

Result<DocumentRow> find(storage::Transaction& tx, const Call& call) {
  ASHLAR_ASSIGN(auto row, store::find(tx, call.param(0)));
  if (row) return *std::move(row);
  return not_found();
}

Seq seq_of(const Call& call) {
  const std::string& text = call.param(1);
  Seq seq = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seq);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? seq : 0;
}

VersionJson render(const PastVersion& version) {
  return {std::to_string(version.seq), version.at, version.label, version.authors, version.updates};
}

}  // namespace

Result<Response> VersionsApi::list(Call& call) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kRead, call.deadline));
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  Seq before = INT64_MAX;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(list_scope(call), *cursor));
    before = std::get<0>(position);
  }
  ASHLAR_ASSIGN(
      const PastPage past,
      module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> Result<PastPage> {
        ASHLAR_ASSIGN(const DocumentRow row, find(tx, call));
        return past_versions(tx, row.no, before, static_cast<std::size_t>(limit));
      }));
  json::Page<VersionJson> page;
  for (const PastVersion& version : past.versions) page.data.push_back(render(version));
  if (past.next) {
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(list_scope(call), *past.next));
  }
  return http::page_response(call, version_page_schema(), page);
}

Result<Response> VersionsApi::state(Call& call) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kRead, call.deadline));
  ASHLAR_ASSIGN(
      std::string bytes,
      module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> Result<std::string> {
        ASHLAR_ASSIGN(const DocumentRow row, find(tx, call));
        return state_at(tx, row, seq_of(call));
      }));
  return Response{200, "application/octet-stream", {}, std::move(bytes)};
}

// The present state, once it is durable.
base::Status VersionsApi::name(Call& call, std::shared_ptr<http::LateAnswer> answer) const {
  ASHLAR_ASSIGN(const NewVersionJson wanted, new_version_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const Visitor visitor,
                module_.door.admit(call.principal, call.param(0), Access::kWrite, call.deadline));
  VersionRow version;
  version.name = wanted.label;
  version.author = visitor.user;
  module_.documents.find(
      call.principal.tenant, call.param(0), {}, Documents::Missing::kFail,
      [this, answer = std::move(answer), version](Result<std::shared_ptr<LiveDocument>> found) {
        if (!found.ok()) return answer->complete(found.error());
        keep(*found, version, answer);
      });
  return base::ok_status();
}

void VersionsApi::keep(const std::shared_ptr<LiveDocument>& live, const VersionRow& version,
                       const std::shared_ptr<http::LateAnswer>& answer) const {
  if (live->last_seq() == 0) {
    return answer->complete(fail(Code::kConflict, "document_empty", "Nothing was written yet."));
  }
  const auto overloaded = [answer] {
    answer->complete(fail(Code::kUnavailable, "documents_overloaded", "Try it again."));
  };
  live->when_durable([this, live, version, answer, overloaded](const base::Status& status) {
    if (!status.ok()) return answer->complete(status.error());
    const auto work = [this, live, version, answer] { write(live, version, *answer); };
    if (!module_.documents.run(work, overloaded)) overloaded();
  });
}

void VersionsApi::write(const std::shared_ptr<LiveDocument>& live, VersionRow version,
                        http::LateAnswer& answer) const {
  version.at = module_.clock.now();
  const auto kept = keep_version(module_.db, *live, version);
  if (!kept.ok()) return answer.complete(kept.error());
  version.seq = kept->seq;
  live->loop().post([live, bytes = kept->bytes] { live->note_stored(bytes); });
  answer.complete(http::json_response(
      201, version_schema(), render({version.seq, version.at, version.name, {version.author}, 0})));
}

}  // namespace ashlar::documents
