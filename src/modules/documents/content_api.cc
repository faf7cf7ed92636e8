#include "modules/documents/content_api.h"

#include <string>
#include <utility>

#include "base/encoding.h"
#include "modules/documents/document_edits.h"
#include "modules/documents/documents_module.h"
#include "platform/http/call.h"
#include "platform/http/late_answer.h"
#include "platform/http/paging.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;
using base::Result;
using http::Call;
using http::Response;
using Answer = std::shared_ptr<http::LateAnswer>;

constexpr std::string_view kOctets = "application/octet-stream";

// Where the caller names an epoch, it must be this document's: else what he has is another's, which
// had the same name.
base::Status check_epoch(const std::string& wanted, const LiveDocument& live) {
  if (wanted.empty() || wanted == live.row().no.to_string()) return base::ok_status();
  return fail(Code::kPreconditionFailed, "epoch_mismatch",
              "The document was deleted and made again since.");
}

std::string epoch_of(const Call& call) {
  return std::string(call.query_value("epoch").value_or(""));
}

Result<crdt::RootKind> kind_of(const Call& call, crdt::RootKind otherwise) {
  const auto name = call.query_value("type");
  if (!name) return otherwise;
  if (*name == "text") return crdt::RootKind::kText;
  if (*name == "array") return crdt::RootKind::kArray;
  if (*name == "map") return crdt::RootKind::kMap;
  if (*name == "xml") return crdt::RootKind::kXmlFragment;
  if (*name == "xmltext") return crdt::RootKind::kXmlText;
  return http::bad_query("?type", "not_allowed", "Give map, array, text, xml or xmltext.");
}

Result<crdt::Format> format_of(const Call& call) {
  const auto name = call.query_value("format");
  if (!name || *name == "v1") return crdt::Format::kV1;
  if (*name == "v2") return crdt::Format::kV2;
  return http::bad_query("?format", "not_allowed", "Give v1 or v2.");
}

std::string root_of(const Call& call) {
  return std::string(call.query_value("root").value_or("content"));
}

Response octets(std::string bytes, const LiveDocument& live) {
  Response response{200, std::string(kOctets), {}, std::move(bytes)};
  response.header("Ashlar-Epoch", live.row().no.to_string());
  return response;
}

// No type is on the wire: a root that has keys is shown as a map, else what text it has, else as a
// list.
crdt::RootKind guess(const crdt::Doc& doc, const std::string& root) {
  if (doc.json(root, crdt::RootKind::kMap) != "{}") return crdt::RootKind::kMap;
  if (!doc.text(root).empty()) return crdt::RootKind::kText;
  return doc.length(root) > 0 ? crdt::RootKind::kArray : crdt::RootKind::kMap;
}

}  // namespace

base::Status ContentApi::show(Call& call, Answer answer, View view) const {
  ASHLAR_TRY(module_.door.admit(call.principal, call.param(0), Access::kRead, call.deadline));
  module_.documents.find(call.principal.tenant, call.param(0), {}, Documents::Missing::kFail,
                         [answer = std::move(answer), view = std::move(view),
                          epoch = epoch_of(call)](Result<std::shared_ptr<LiveDocument>> found) {
                           if (!found.ok()) return answer->complete(found.error());
                           const std::shared_ptr<LiveDocument> live = *std::move(found);
                           if (const base::Status same = check_epoch(epoch, *live); !same.ok()) {
                             return answer->complete(same.error());
                           }
                           auto shown = std::make_shared<Response>(view(*live));
                           live->when_durable([answer, shown](const base::Status& status) {
                             if (!status.ok()) return answer->complete(status.error());
                             answer->complete(std::move(*shown));
                           });
                         });
  return base::ok_status();
}

base::Status ContentApi::text(Call& call, Answer answer) const {
  return show(call, std::move(answer), [root = root_of(call)](const LiveDocument& live) {
    return Response{200, "text/plain; charset=utf-8", {}, live.doc().text(root)};
  });
}

base::Status ContentApi::json(Call& call, Answer answer) const {
  ASHLAR_ASSIGN(const crdt::RootKind kind, kind_of(call, crdt::RootKind::kMap));
  const bool asked = call.query_value("type").has_value();
  return show(
      call, std::move(answer), [root = root_of(call), kind, asked](const LiveDocument& live) {
        return http::json_text(200, live.doc().json(root, asked ? kind : guess(live.doc(), root)));
      });
}

base::Status ContentApi::delta(Call& call, Answer answer) const {
  return show(call, std::move(answer), [root = root_of(call)](const LiveDocument& live) {
    return http::json_text(200, live.doc().delta(root));
  });
}

base::Status ContentApi::markdown(Call& call, Answer answer) const {
  return show(call, std::move(answer), [root = root_of(call)](const LiveDocument& live) {
    return Response{200, "text/markdown; charset=utf-8", {}, live.doc().markdown(root)};
  });
}

base::Status ContentApi::state(Call& call, Answer answer) const {
  ASHLAR_ASSIGN(const crdt::Format format, format_of(call));
  std::optional<crdt::StateVector> since;
  if (const auto text = call.query_value("since")) {
    const auto bytes = base::base64url_decode(*text);
    if (!bytes) return http::bad_query("?since", "bad_format", "A state vector as base64url.");
    ASHLAR_ASSIGN(since, crdt::decode_state_vector(*bytes));
  }
  return show(
      call, std::move(answer), [format, since = std::move(since)](const LiveDocument& live) {
        return octets(since ? live.doc().encode_since(*since, format) : live.doc().encode(format),
                      live);
      });
}

base::Status ContentApi::state_vector(Call& call, Answer answer) const {
  return show(call, std::move(answer), [](const LiveDocument& live) {
    return octets(crdt::encode_state_vector(live.doc().state_vector()), live);
  });
}

namespace {

// What is wrong with an update is wrong with the body.
base::Error of_body(base::Error error) {
  if (error.code != Code::kInvalid || !error.fields.empty()) return error;
  error.fields.push_back({"", error.reason, error.detail});
  return error;
}

// As V1.
Result<std::string> update_of(std::string_view body, crdt::Format format) {
  if (format == crdt::Format::kV2) {
    Result<std::string> converted = crdt::to_v1(body);
    return converted.ok() ? std::move(converted) : of_body(converted.error());
  }
  const base::Status checked = crdt::check_update(body);
  if (!checked.ok()) return of_body(checked.error());
  return std::string(body);
}

// Answers once what was written is durable.
LiveDocument::Done written(const Answer& answer, const std::shared_ptr<LiveDocument>& live) {
  return [answer, live](const base::Status& status) {
    if (!status.ok()) return answer->complete(status.error());
    answer->complete(http::json_response(200, written_schema(), WrittenJson{live->row().seq}));
  };
}

}  // namespace

base::Status ContentApi::update(Call& call, Answer answer) const {
  ASHLAR_ASSIGN(const Visitor visitor,
                module_.door.admit(call.principal, call.param(0), Access::kWrite, call.deadline));
  ASHLAR_ASSIGN(const crdt::Format format, format_of(call));
  ASHLAR_ASSIGN(std::string bytes, update_of(call.body, format));
  module_.documents.find(
      call.principal.tenant, call.param(0), visitor.user, Documents::Missing::kCreate,
      [answer = std::move(answer), bytes = std::move(bytes), user = visitor.user,
       epoch = epoch_of(call)](Result<std::shared_ptr<LiveDocument>> found) {
        if (!found.ok()) return answer->complete(found.error());
        const std::shared_ptr<LiveDocument> live = *std::move(found);
        if (const base::Status same = check_epoch(epoch, *live); !same.ok()) {
          return answer->complete(same.error());
        }
        const auto done = [answer, told = written(answer, live)](const base::Status& status) {
          if (status.ok()) return told(status);
          answer->complete(of_body(status.error()));
        };
        live->submit(user, bytes, done);
      });
  return base::ok_status();
}

base::Status ContentApi::edits(Call& call, Answer answer) const {
  ASHLAR_ASSIGN(EditsJson edits, edits_schema().parse_body(call.body));
  ASHLAR_TRY(check_edits(edits));
  ASHLAR_ASSIGN(const Visitor visitor,
                module_.door.admit(call.principal, call.param(0), Access::kWrite, call.deadline));
  module_.documents.find(
      call.principal.tenant, call.param(0), visitor.user, Documents::Missing::kCreate,
      [answer = std::move(answer), edits = std::move(edits), user = visitor.user,
       epoch = epoch_of(call)](Result<std::shared_ptr<LiveDocument>> found) {
        if (!found.ok()) return answer->complete(found.error());
        const std::shared_ptr<LiveDocument> live = *std::move(found);
        if (const base::Status same = check_epoch(epoch, *live); !same.ok()) {
          return answer->complete(same.error());
        }
        const auto where =
            edits.edits.size() == 1 ? LiveDocument::Where::kHere : LiveDocument::Where::kInCopy;
        live->edit(
            user, where, [&](crdt::Doc& doc) { return make_edits(doc, edits); },
            written(answer, live));
      });
  return base::ok_status();
}

}  // namespace ashlar::documents
