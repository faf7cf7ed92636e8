// DocumentsApi: the HTTP face of documents as things: made, listed, deleted, who may enter and who
// is inside. content_api.h has what stands in them, versions_api.h their history.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "modules/documents/document_row.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
class LateAnswer;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::documents {

class DocumentsModule;

class DocumentsApi {
 public:
  // Both outlive it.
  DocumentsApi(DocumentsModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> remove(http::Call& call) const;

  base::Result<http::Response> make_token(http::Call& call) const;
  base::Result<http::Response> revoke_token(http::Call& call) const;

  base::Result<http::Response> grants(http::Call& call) const;
  base::Result<http::Response> put_grant(http::Call& call) const;
  base::Result<http::Response> remove_grant(http::Call& call) const;

  base::Status sessions(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  base::Status end_session(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;

 private:
  base::Result<DocumentRow> find(storage::Transaction& tx, const http::Call& call) const;
  base::Status check_may_govern(const http::Call& call, Access wanted) const;

  DocumentsModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::documents
