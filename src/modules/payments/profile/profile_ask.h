// ProfileAsk: from a request of a card-API client to what the core is asked, and back.
//
//   ASHLAR_ASSIGN(ProfileAsk ask, ProfileAsk::of(call, ObjectKind::kCharge));
//   wanted.amount = ask.params().integer("amount", …);
//   ASHLAR_TRY(ask.finish());
//   payments.capture(ask.asked(call), …, ask.answer_by(call, late));
//
// The fingerprint is of method, path and what the parameters mean (Form::canonical()), however they
// were spelt. One request, one thread; answer_by()'s function is of any thread, and uses nothing of
// the Call.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/payments/asks.h"
#include "modules/payments/profile/expand.h"
#include "modules/payments/profile/form.h"
#include "modules/payments/profile/params.h"
#include "platform/http/call.h"
#include "platform/http/late_answer.h"

namespace ashlar::payments::profile {

class ProfileAsk {
 public:
  // The form of body and query, `expand` taken out of it.
  static base::Result<ProfileAsk> of(const http::Call& call, ObjectKind kind, bool list = false);

  Params& params() { return *params_; }
  [[nodiscard]] const Expand& expand() const { return expand_; }
  // What the path is about: 404 if there is no such thing.
  void about(ObjectKind kind, std::string id);
  // What a parameter names: 400 if there is no such thing.
  void names(std::string param, ObjectKind kind, std::string id);
  // The core's name of a parameter that is called otherwise here.
  void renames(std::string_view core, std::string_view here) { renamed_ = {core, here}; }
  base::Status finish() { return params_->finish(); }

  [[nodiscard]] base::Result<Asked> asked(const http::Call& call) const;
  [[nodiscard]] Done answer_by(const http::Call& call, std::shared_ptr<http::LateAnswer> late);
  // The error as clients know it: `No such charge: 'ch_1'`.
  [[nodiscard]] base::Error told(base::Error error) const;

 private:
  struct Named {
    ObjectKind kind;
    std::string id, param;
    bool in_path = false;
  };
  std::unique_ptr<Form> form_;  // where it is, for params_
  std::unique_ptr<Params> params_;
  ObjectKind kind_ = ObjectKind::kPaymentIntent;
  std::vector<std::string> paths_;
  Expand expand_;
  std::vector<Named> named_;
  std::pair<std::string_view, std::string_view> renamed_;  // of static texts
};

// 200 with what every answer has.
http::Response answer_json(const http::Call& call, std::string body);

}  // namespace ashlar::payments::profile
