// DocumentHost: the door through which the wires come: who may enter, on which loop a document
// lives, and the document itself.
//
//   admit(credential, name) ──> Visitor
//   loop_of(tenant, name) ──> accept the socket there
//   open(visitor, name) ──> Document, on its loop ──> Document::join(peer, visitor)
//
// All functions from any thread, never blocking. `done` is called exactly once, also at the stop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/documents/peer.h"

namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::documents {

class Document;

// 1 to this many bytes of UTF-8 without control characters; "ws" and "hocuspocus" are reserved.
inline constexpr std::size_t kMaxNameBytes = 255;
// kInvalid document_name_invalid, document_name_reserved.
base::Status check_document_name(std::string_view name);

class DocumentHost {
 public:
  virtual ~DocumentHost() = default;

  using Admitted = std::function<void(base::Result<Visitor>)>;
  // `credential`: an API key or a document token, as it came (?token=, Bearer, Hocuspocus' auth
  // message). `done` on any thread. Errors: kUnauthenticated missing_credentials, invalid_api_key,
  // expired_api_key, invalid_document_token, expired_document_token, revoked_document_token;
  // kForbidden access_denied (neither scope nor grant, or the token is another document's);
  // kInvalid those of the name; kUnavailable.
  virtual void admit(std::string credential, std::string name, Admitted done) = 0;

  // REQUIRES: nothing of the name; one that no document has is as good.
  [[nodiscard]] virtual runtime::EventLoop& loop_of(base::TenantId tenant,
                                                    std::string_view name) const = 0;

  using Opened = std::function<void(base::Result<std::shared_ptr<Document>>)>;
  // Loads it where it is not in memory; makes it where it is not at all and the visitor may write,
  // else kNotFound document_not_found. `done` on the document's loop. Other errors: kUnavailable
  // documents_stopping, documents_overloaded, and those of storage.
  virtual void open(const Visitor& visitor, std::string name, Opened done) = 0;
};

}  // namespace ashlar::documents
