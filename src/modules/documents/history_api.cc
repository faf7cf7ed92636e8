#include "modules/documents/history_api.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/entropy.h"
#include "modules/documents/crdt/doc.h"
#include "modules/documents/document_attribution.h"
#include "modules/documents/document_past.h"
#include "modules/documents/documents_json.h"
#include "modules/documents/documents_module.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/version_keeper.h"
#include "platform/http/call.h"
#include "platform/http/late_answer.h"
#include "platform/http/paging.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;
using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

Result<DocumentRow> find(Transaction& tx, const Call& call) {
  ASHLAR_ASSIGN(auto row, store::find(tx, call.param(0)));
  if (row) return *std::move(row);
  return fail(Code::kNotFound, "document_not_found", "There is no such document.");
}

// No structs, no deletes (V1).
constexpr std::string_view kNothing{"\0\0", 2};

// 0, which no version has, where it is no number.
Seq seq_of(std::string_view text) {
  Seq seq = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seq);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? seq : 0;
}

std::string root_of(const Call& call) {
  return std::string(call.query_value("root").value_or("content"));
}

std::optional<std::string> text_of(std::optional<Seq> seq) {
  return seq ? std::optional(std::to_string(*seq)) : std::nullopt;
}

}  // namespace

base::Status HistoryApi::restore(Call& call, Answer answer) const {
  ASHLAR_ASSIGN(const Visitor visitor,
                module_.door.admit(call.principal, call.param(0), Access::kWrite, call.deadline));
  module_.documents.find(
      call.principal.tenant, call.param(0), {}, Documents::Missing::kFail,
      [this, answer = std::move(answer), user = visitor.user,
       seq = seq_of(call.param(1))](const Result<std::shared_ptr<LiveDocument>>& found) {
        if (!found.ok()) return answer->complete(found.error());
        bring_back(*found, user, seq, answer);
      });
  return base::ok_status();
}

void HistoryApi::bring_back(const std::shared_ptr<LiveDocument>& live, const std::string& user,
                            Seq seq, const Answer& answer) const {
  const auto overloaded = [answer] {
    answer->complete(fail(Code::kUnavailable, "documents_overloaded", "Try it again."));
  };
  // Back on the loop, where the document is.
  const auto submit = [live, user, answer](const Result<std::string>& update) {
    if (!update.ok()) return answer->complete(update.error());
    const Seq before = live->last_seq();
    const auto changed = std::make_shared<bool>(false);
    live->submit(user, *update, [live, answer, changed](const base::Status& status) {
      if (!status.ok()) return answer->complete(status.error());
      const RestoredJson restored{std::to_string(live->row().seq), *changed};
      answer->complete(http::json_response(200, restored_schema(), restored));
    });
    *changed = live->last_seq() > before;
  };
  // What was written before it is on disk, and can be named.
  live->when_durable([this, submit, overloaded, live, user, seq](const base::Status& status) {
    if (!status.ok()) return submit(status.error());
    const auto work = [this, submit, live, user, seq, row = live->row(),
                       now = live->doc().encode()] {
      Result<std::string> update = way_back(row, seq, now);
      if (update.ok() && *update != kNothing) {
        const base::Status kept = keep_present(live, user, seq);
        if (!kept.ok()) update = kept.error();
      }
      live->loop().post([submit, update = std::move(update)] { submit(update); });
    };
    if (!module_.documents.run(work, overloaded)) overloaded();
  });
}

// A restore goes on in the stretch of writing before it, in which nobody would find what it did
// away with.
base::Status HistoryApi::keep_present(const std::shared_ptr<LiveDocument>& live,
                                      const std::string& user, Seq seq) const {
  VersionRow version;
  version.name = "Before version " + std::to_string(seq) + " was brought back";
  version.author = user;
  version.at = module_.clock.now();
  ASHLAR_ASSIGN(const KeptVersion kept, keep_version(module_.db, *live, version));
  live->loop().post([live, bytes = kept.bytes] { live->note_stored(bytes); });
  return base::ok_status();
}

Result<std::string> HistoryApi::way_back(const DocumentRow& document, Seq seq,
                                         std::string_view now) const {
  ASHLAR_ASSIGN(const crdt::Doc then,
                module_.db.read(storage::Context::tenant(document.tenant),
                                [&](Transaction& tx) { return document_at(tx, document, seq); }));
  const auto client = static_cast<std::uint32_t>(module_.entropy.u64()) | 1u;
  crdt::Doc copy({.client = client, .limits = crdt::DocLimits::of_stored()});
  ASHLAR_TRY(copy.apply(now));
  return copy.restore(then);
}

Result<Response> HistoryApi::diff(Call& call) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kRead, call.deadline));
  const auto from = call.query_value("from");
  if (!from) return http::bad_query("?from", "required", "The id of a version.");
  ChangesJson json{.from = std::string(*from), .to = {}, .root = root_of(call), .changes = {}};
  std::optional<crdt::Doc> older;
  std::optional<crdt::Doc> newer;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const DocumentRow row, find(tx, call));
    const auto to = call.query_value("to");
    const Seq end = to ? seq_of(*to) : row.seq;
    json.to = std::to_string(end);
    ASHLAR_ASSIGN(older, document_at(tx, row, seq_of(*from)));
    ASHLAR_ASSIGN(newer, document_at(tx, row, end));
    return base::ok_status();
  }));
  ASHLAR_ASSIGN(crdt::Changes changes, older->changes_to(*newer, json.root, kMaxChangesBytes));
  json.changes.text = std::move(changes.json);
  json.truncated = changes.truncated;
  return http::json_response(200, changes_schema(), json);
}

Result<Response> HistoryApi::attribution(Call& call) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kRead, call.deadline));
  AttributionJson json{.version = {}, .root = root_of(call), .ranges = {}};
  Attribution log;
  std::vector<crdt::Placed> placed;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const DocumentRow row, find(tx, call));
    json.version = std::to_string(row.seq);
    if (row.seq == 0) return base::ok_status();
    ASHLAR_ASSIGN(const crdt::Doc doc, document_at(tx, row, row.seq));
    placed = doc.placed(json.root, kMaxRanges + 1);
    ASHLAR_ASSIGN(const auto entries, store::history(tx, row.no, INT64_MAX, kMaxEntries));
    if (entries.empty()) return base::ok_status();
    const Seq older = entries.back().seq - entries.back().count;
    ASHLAR_TRY(store::updates(tx, row.no, older, row.seq,
                              [&](const UpdateRow& entry) { log.add(entry); }));
    return base::ok_status();
  }));
  json.truncated = placed.size() > kMaxRanges;
  for (Attribution::Range& range : log.attribute(placed)) {
    if (json.ranges.size() == kMaxRanges) {
      json.truncated = true;
      break;
    }
    json.ranges.push_back({{std::move(range.path)},
                           std::move(range.key),
                           static_cast<std::int64_t>(range.from),
                           static_cast<std::int64_t>(range.length),
                           std::move(range.user),
                           range.at,
                           text_of(range.seq)});
  }
  return http::json_response(200, attribution_schema(), json);
}

}  // namespace ashlar::documents
