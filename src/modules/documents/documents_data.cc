// The documents' share of a tenant's data: each document whole, as one update; erased in small
// steps.
#include <cstdint>
#include <string>

#include "base/encoding.h"
#include "modules/documents/document_past.h"
#include "modules/documents/documents_module.h"
#include "modules/documents/log_store.h"
#include "platform/json/writer.h"

namespace ashlar::documents {
namespace {

constexpr std::int64_t kPage = 200;

base::Result<std::string> line_of(storage::Transaction& tx, const DocumentRow& row) {
  std::string state;
  if (row.seq > 0) {
    ASHLAR_ASSIGN(state, state_at(tx, row, row.seq));
  }
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("documents").key("table").string("documents");
  json.key("epoch").string(row.no.to_string()).key("name").string(row.name);
  json.key("created_at").string(base::format_rfc3339(row.created_at));
  json.key("created_by").string(row.created_by);
  json.key("updated_at").string(base::format_rfc3339(row.updated_at));
  json.key("updated_by").string(row.updated_by);
  json.key("updates").integer(row.seq);
  json.key("state").string(base::base64url_encode(state)).end_object();
  return line;
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  DocumentNo last;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::export_documents(tx, last, kPage));
    if (page.empty()) return base::ok_status();
    for (const DocumentRow& row : page) {
      ASHLAR_ASSIGN(const std::string line, line_of(tx, row));
      ASHLAR_TRY(sink(line));
    }
    last = page.back().no;
  }
}

}  // namespace

security::TenantData documents_tenant_data() { return {"documents", export_all, store::erase_all}; }

}  // namespace ashlar::documents
