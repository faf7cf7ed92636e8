// LateAnswer: the way back for a request whose handler has returned without an answer (a long
// poll).
//
//   handler ──complete() within the call, or its error──> answered
//      └─ keeps the shared_ptr, returns ok ──complete() from any thread──> answered
//
// It waits without a thread and without a place in the lane's admission. Whoever keeps it bounds
// how long: the HTTP layer sets no time-out, so that the answer says what became of the wait. One
// that is dropped without an answer is answered 500. Once complete() was called, or the object was
// handed to another thread, nothing of the Call may be used.
#pragma once

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {

class LateAnswer {
 public:
  virtual ~LateAnswer() = default;
  // The first call counts, further ones do nothing. Any thread.
  virtual void complete(base::Result<Response> result) = 0;
  // False: the client has closed its side of the connection, so nobody waits for what is answered.
  // It may turn false at any moment. Any thread.
  [[nodiscard]] virtual bool is_wanted() const = 0;
};

}  // namespace ashlar::http
