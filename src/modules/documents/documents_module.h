// DocumentsModule: everything of documents that lives as long as the program, and the table of its
// routes.
//
// Order: construct → routes are served, start() → the HTTP server has stopped (its sockets live on
// the documents' loops) → stop().
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "modules/documents/document_door.h"
#include "modules/documents/document_grants.h"
#include "modules/documents/document_token.h"
#include "modules/documents/documents.h"
#include "platform/http/route.h"
#include "platform/runtime/periodic.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::documents {

class DocumentsModule {
 public:
  struct Options {
    std::string token_secret;               // DocumentTokens::kSecretBytes, the installation's
    base::Seconds history{30 * 24 * 3600};  // how long each moment can be looked at
    base::Seconds deleted{30 * 24 * 3600};  // how long what was deleted is kept
    Documents::Options documents;
  };

  // All by reference outlives it.
  DocumentsModule(Options options, storage::Database& database, events::Outbox& outbox,
                  security::ApiKeys& keys, const base::Clock& clk, base::Entropy& entropy_source,
                  obs::Registry& registry, obs::Log& own_log);

  void start();
  void stop();
  // One round of house-keeping: old log, deleted documents, revocations that are over.
  base::Status tend();
  // What was deleted goes for good, now.
  base::Status erase(DocumentNo no);

  storage::Database& db;
  const base::Clock& clock;
  base::Entropy& entropy;
  obs::Log& log;
  obs::Registry& metrics;
  const base::Seconds history;
  const base::Seconds deleted;
  const DocumentTokens tokens;
  DocumentGrants grants;
  const DocumentDoor door;
  Documents documents;
  std::optional<runtime::Periodic> tending;

 private:
  base::Status trim_some();

  DocumentNo trimmed_;  // the last one that trim_some() has looked at
};

// Both outlive the table.
http::RouteTable documents_routes(DocumentsModule& module, const http::CursorCodec& cursors);

// A tenant's documents, each as one update, exported; everything, erased.
security::TenantData documents_tenant_data();

}  // namespace ashlar::documents
