// ContentApi: the HTTP face of what stands in a document: read as text, JSON or update, written as
// update or as edits.
//
// A document that is not in memory is loaded. What is read is durable; what is written is durable
// when it is answered, and everybody who has the document open sees it. Handlers of http/route.h's
// kinds; any thread.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
class LateAnswer;
struct Call;
}  // namespace ashlar::http

namespace ashlar::documents {

class DocumentsModule;
class LiveDocument;

class ContentApi {
 public:
  // Outlives it.
  explicit ContentApi(DocumentsModule& module) : module_(module) {}

  base::Status text(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  base::Status json(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  base::Status delta(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  base::Status markdown(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  // ?since=BASE64URL of a state vector: what is missing there. ?format=v2.
  base::Status state(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  base::Status state_vector(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;

  base::Status update(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  base::Status edits(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;

 private:
  using View = std::function<http::Response(const LiveDocument&)>;
  base::Status show(http::Call& call, std::shared_ptr<http::LateAnswer> answer, View view) const;

  DocumentsModule& module_;
};

}  // namespace ashlar::documents
