// SandboxRules: what the sandbox does as a bank: with a call, and by itself as time goes by. Pure:
// works on a SandboxBook that holds what it needs.
//
//   authorisation   open ──capture()──> done          (partly: open still; cancel(): done)
//     asking ──decide()──> open, failed └──cancel(), age()──> released
//   refund, payout  open ──age()──> done, failed
//   dispute         (not yet) ──age()──> open ──evidence()──> review ──age()──> done (won), failed
//                                         └──age(), close()──> failed (lost)
//
// It refuses what an acquirer refuses (more captured than authorised, more refunded than captured,
// another call under a used key), so that our mistakes show.
// Invariants: 1. captured <= amount. 2. refunded + disputed <= captured. 3. Each change of money is
// one move, and moves are the balance. 4. A key moves money at most once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "kit/siphash.h"
#include "modules/payments/providers/provider.h"
#include "modules/payments/providers/sandbox_book.h"
#include "modules/payments/providers/sandbox_faults.h"

namespace ashlar::payments {

struct SandboxTerms {
  std::string bank = "sandbox";
  std::string public_url;  // where the customer's page is served: "https://pay.example"
  std::string secret;      // of the page's addresses and of webhooks
  bool tells_all = false;  // notices also of what its answers said
  int fee_per_mille = 29;  // of a capture, and
  std::int64_t fee_fixed = 30;
  std::int64_t dispute_fee = 1'500;
  base::Seconds authorization_lives{7 * 24 * 3600};
  base::Seconds action_lives{3600};
  base::Seconds dispute_opens{0};  // after the capture
  base::Seconds evidence_time{7 * 24 * 3600};
  base::Seconds review_time{2};
  base::Seconds refund_time{2};
  base::Seconds payout_time{2};
};

class SandboxRules {
 public:
  // REQUIRES: terms.secret has 32 bytes.
  SandboxRules(SandboxTerms terms, const SandboxFaults& faults);

  [[nodiscard]] const SandboxTerms& terms() const { return terms_; }
  [[nodiscard]] const SandboxDice& dice() const { return dice_; }
  // How long what was lost may still arrive.
  [[nodiscard]] base::Seconds settles_after() const {
    return dice_.faults().arrives_late > 0 ? dice_.faults().settles : base::Seconds{0};
  }

  // `sent`: when it left us; `late`: it was on its way since. kUnknown: no answer reaches us,
  // whatever was done.
  ProviderAnswer submit(SandboxBook& book, const ProviderCall& call, base::Time sent,
                        base::Time now, bool late = false) const;
  ProviderAnswer query(SandboxBook& book, const ProviderCall& call, base::Time now) const;
  // An object whose time has come.
  void age(SandboxBook& book, base::TenantId tenant, const std::string& reference,
           base::Time now) const;
  // The customer's word. False: nobody is asked any more.
  bool decide(SandboxBook& book, base::TenantId tenant, const std::string& reference, bool approves,
              base::Time now) const;

  // "12.sbx_ch_….0123456789abcdef": names an authorisation that waits for its customer.
  [[nodiscard]] std::string action_token(base::TenantId tenant, std::string_view reference) const;
  struct ActionPlace {
    base::TenantId tenant;
    std::string reference;
  };
  [[nodiscard]] std::optional<ActionPlace> action_place(std::string_view token) const;

 private:
  struct Work;  // of one call

  [[nodiscard]] std::string new_reference(std::string_view prefix, base::TenantId tenant,
                                          std::string_view from) const;
  [[nodiscard]] std::int64_t fee_of(std::int64_t amount) const;

  ProviderAnswer serve(Work& work) const;
  ProviderAnswer authorize(Work& work) const;
  ProviderAnswer capture(Work& work) const;
  ProviderAnswer cancel(Work& work) const;
  ProviderAnswer refund(Work& work) const;
  ProviderAnswer payout(Work& work) const;
  ProviderAnswer evidence(Work& work) const;
  ProviderAnswer close(Work& work) const;

  // An authorisation is had; captured at once where it is to be.
  void settle_authorization(Work& work, const std::string& reference, SandboxObject& charge,
                            ProviderAnswer& answer) const;
  // Moves the money of a part; the answer has its reference, amount and fee.
  void take(Work& work, const std::string& authorization, SandboxObject& charge,
            const std::string& key, std::int64_t amount, bool last, ProviderAnswer& answer) const;
  void age_charge(Work& work, const std::string& reference, SandboxObject& charge) const;
  void age_refund(Work& work, const std::string& reference, SandboxObject& refund) const;
  void age_dispute(Work& work, const std::string& reference, SandboxObject& dispute) const;
  void age_payout(Work& work, const std::string& reference, SandboxObject& payout) const;
  void open_dispute(Work& work, const std::string& reference, SandboxObject& dispute) const;
  void end_dispute(Work& work, const std::string& reference, SandboxObject& dispute,
                   std::string_view why) const;

  void move(Work& work, SandboxMove move) const;
  void tell(Work& work, NoticeKind kind, ProviderNotice notice) const;
  void tell_of_refund(Work& work, NoticeKind kind, const std::string& reference,
                      const SandboxObject& refund) const;
  void tell_of_dispute(Work& work, NoticeKind kind, const std::string& reference,
                       const SandboxObject& dispute, std::string_view why = {}) const;
  // What a key's answer is from now on.
  static void answer_anew(Work& work, const std::string& key, ProviderEnd end,
                          std::string_view code);

  const SandboxTerms terms_;
  const SandboxDice dice_;
  const kit::SipKey action_key_;
};

}  // namespace ashlar::payments
