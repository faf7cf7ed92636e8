// VersionsApi: the HTTP face of a document's past (document_past.h).
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
class LateAnswer;
struct Call;
}  // namespace ashlar::http

namespace ashlar::documents {

class DocumentsModule;
class LiveDocument;
struct VersionRow;

class VersionsApi {
 public:
  // Both outlive it.
  VersionsApi(DocumentsModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> state(http::Call& call) const;
  base::Status name(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;

 private:
  void keep(const std::shared_ptr<LiveDocument>& live, const VersionRow& version,
            const std::shared_ptr<http::LateAnswer>& answer) const;
  void write(const std::shared_ptr<LiveDocument>& live, VersionRow version,
             http::LateAnswer& answer) const;

  DocumentsModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::documents
