// What the native API takes and gives, described.
#include "modules/payments/field_rules.h"
#include "modules/payments/payments_json.h"

namespace ashlar::payments {
namespace {

constexpr const char* kMethodDoc =
    "A stored payment method (pm_…), or a token of the provider, such as the sandbox's "
    "pm_card_visa. Never a card number.";
constexpr const char* kReferenceDoc =
    "Your own number of the order: one payment has it, for ever, whatever becomes of keys.";
constexpr const char* kDescriptorDoc = "What is on the customer's statement.";
constexpr const char* kStateDoc =
    "needs_method, needs_confirmation, needs_action (see next_action), processing (the provider's "
    "answer is not known yet), capturable, succeeded, canceled.";

const json::Choices kCaptures{"automatic", "manual"};
const json::Choices kPaymentStates{"needs_method", "needs_confirmation", "needs_action",
                                   "processing",   "capturable",         "succeeded",
                                   "canceled"};
const json::Choices kAttemptStates{"open",     "unknown",  "needs_action", "authorized",
                                   "declined", "not_done", "released"};
const json::Choices kRefundStates{"open", "unknown", "pending", "succeeded", "failed", "canceled"};
const json::Choices kDisputeStates{"needs_response", "under_review", "won", "lost"};

const json::Schema<NextActionJson>& next_action_schema() {
  static const auto kSchema =
      json::Schema<NextActionJson>("PaymentNextAction", "What the customer has to do.")
          .required("type", &NextActionJson::type,
                    {.doc = "Send the customer to `url`.", .one_of = {"redirect"}})
          .required("url", &NextActionJson::url, {.example = "https://acs.example.com/3ds/8a1f"});
  return kSchema;
}

const json::Schema<DeclineJson>& decline_schema() {
  static const auto kSchema =
      json::Schema<DeclineJson>("PaymentDecline", "Why the provider said no.")
          .required("code", &DeclineJson::code, {.example = "insufficient_funds"})
          .required("message", &DeclineJson::message,
                    {.doc = "For people.", .example = "The card has insufficient funds."});
  return kSchema;
}

const json::Schema<AttemptJson>& attempt_schema() {
  static const auto kSchema =
      json::Schema<AttemptJson>("PaymentAttempt", "One try to get the money.")
          .required("id", &AttemptJson::id, {.example = "ch_7Xk2mPq9Rt4v"})
          .required("state", &AttemptJson::state,
                    {.doc = "unknown: the provider may have done it; it is being asked.",
                     .one_of = kAttemptStates})
          .required("provider", &AttemptJson::provider, {.example = "sandbox"})
          .required("reference", &AttemptJson::reference, {.doc = "The provider's own id."})
          .required("payment_method", &AttemptJson::payment_method)
          .required("network", &AttemptJson::network, {.example = "visa"})
          .required("last4", &AttemptJson::last4, {.example = "4242"})
          .required("authorized", &AttemptJson::authorized, {.doc = kAmountDoc})
          .required("decline", &AttemptJson::decline, decline_schema())
          .required("at", &AttemptJson::at)
          .required("expires_at", &AttemptJson::expires_at,
                    {.doc = "Until then the authorisation may be captured."});
  return kSchema;
}

const json::Schema<CapturePartJson>& capture_part_schema() {
  static const auto kSchema =
      json::Schema<CapturePartJson>("PaymentCapture", "A part of the money, taken.")
          .required("id", &CapturePartJson::id, {.example = "cap_7Xk2mPq9Rt4v"})
          .required("attempt", &CapturePartJson::attempt)
          .required("amount", &CapturePartJson::amount, {.doc = kAmountDoc})
          .required("fee", &CapturePartJson::fee, {.doc = "Of it, the provider's."})
          .required("last", &CapturePartJson::last, {.doc = "What was left was released."})
          .required("at", &CapturePartJson::at)
          .required("available_on", &CapturePartJson::available_on,
                    {.doc = "From then on it can be paid out."});
  return kSchema;
}

}  // namespace

const json::Schema<NewPaymentJson>& new_payment_schema() {
  static const auto kSchema =
      json::Schema<NewPaymentJson>("CreatePayment", "Money to be got from a customer.")
          .required("amount", &NewPaymentJson::amount, amount_rules())
          .required("currency", &NewPaymentJson::currency, currency_rules())
          .optional("capture", &NewPaymentJson::capture,
                    {.doc = "automatic: taken as soon as it is authorised. manual: held, until "
                            "you capture or cancel.",
                     .one_of = kCaptures})
          .optional("customer", &NewPaymentJson::customer,
                    {.doc = "cus_…", .max_length = 64, .example = "cus_9fK2pQx7"})
          .optional("payment_method", &NewPaymentJson::payment_method,
                    {.doc = kMethodDoc, .max_length = 255, .example = "pm_card_visa"})
          .optional("confirm", &NewPaymentJson::confirm,
                    {.doc = "Ask the provider at once; else with POST …/confirm.", .example = true})
          .optional("off_session", &NewPaymentJson::off_session,
                    {.doc = "The customer is not there to authenticate."})
          .optional(
              "merchant_reference", &NewPaymentJson::merchant_reference,
              {.doc = kReferenceDoc, .min_length = 1, .max_length = 255, .example = "order-6735"})
          .optional("description", &NewPaymentJson::description, text_rules("For people.", 1000))
          .optional("statement_descriptor", &NewPaymentJson::statement_descriptor,
                    text_rules(kDescriptorDoc, 22))
          .optional("receipt_email", &NewPaymentJson::receipt_email, text_rules({}, 512))
          .optional("metadata", &NewPaymentJson::metadata, metadata_rules());
  return kSchema;
}

const json::Schema<PaymentPatchJson>& payment_patch_schema() {
  static const auto kSchema =
      json::Schema<PaymentPatchJson>("UpdatePayment",
                                     "What to change; the rest stays. Amount, currency, customer "
                                     "and payment method only until "
                                     "the provider is asked.")
          .optional("amount", &PaymentPatchJson::amount, amount_rules())
          .optional("currency", &PaymentPatchJson::currency, currency_rules())
          .optional("customer", &PaymentPatchJson::customer, text_rules("cus_…", 64))
          .optional("payment_method", &PaymentPatchJson::payment_method,
                    text_rules(kMethodDoc, 255))
          .optional("description", &PaymentPatchJson::description, text_rules("For people.", 1000))
          .optional("statement_descriptor", &PaymentPatchJson::statement_descriptor,
                    text_rules(kDescriptorDoc, 22))
          .optional("receipt_email", &PaymentPatchJson::receipt_email, text_rules({}, 512))
          .optional("metadata", &PaymentPatchJson::metadata,
                    {.doc = kMergedDoc, .example = kMetadataExample});
  return kSchema;
}

const json::Schema<ConfirmJson>& confirm_schema() {
  static const auto kSchema =
      json::Schema<ConfirmJson>("ConfirmPayment", "Ask the provider for the money.")
          .optional("payment_method", &ConfirmJson::payment_method,
                    {.doc = kMethodDoc, .max_length = 255, .example = "pm_card_visa"})
          .optional("off_session", &ConfirmJson::off_session);
  return kSchema;
}

const json::Schema<CaptureJson>& capture_schema() {
  static const auto kSchema =
      json::Schema<CaptureJson>("CapturePayment", "Take what is held, or a part of it.")
          .optional("amount", &CaptureJson::amount,
                    {.doc = "All that is held, unless given.", .min = 1, .max = kMaxMoney})
          .optional("last", &CaptureJson::last,
                    {.doc = "What is left is released; false: it stays held for a further part."});
  return kSchema;
}

const json::Schema<CancelJson>& cancel_schema() {
  static const auto kSchema = json::Schema<CancelJson>("CancelPayment", "Release what is held.")
                                  .optional("reason", &CancelJson::reason,
                                            {.doc = "For people and reports.",
                                             .max_length = 100,
                                             .example = "requested_by_customer"});
  return kSchema;
}

const json::Schema<NewRefundJson>& new_refund_schema() {
  static const auto kSchema = json::Schema<NewRefundJson>("CreateRefund", "Give money back.")
                                  .optional("amount", &NewRefundJson::amount,
                                            {.doc = "All that is left, unless given.",
                                             .min = 1,
                                             .max = kMaxMoney,
                                             .example = 500})
                                  .optional("reason", &NewRefundJson::reason,
                                            {.max_length = 100, .example = "requested_by_customer"})
                                  .optional("metadata", &NewRefundJson::metadata, metadata_rules());
  return kSchema;
}

const json::Schema<EvidenceJson>& evidence_schema() {
  static const auto kSchema =
      json::Schema<EvidenceJson>("SubmitEvidence", "Why the money was rightly taken.")
          .optional("evidence", &EvidenceJson::evidence,
                    {.doc = "Texts by name; merged with what is there.",
                     .example = R"({"shipping_tracking_number":"JD014600003"})"})
          .optional("submit", &EvidenceJson::submit,
                    {.doc = "Send it to the provider; false: keep it for later."});
  return kSchema;
}

const json::Schema<RefundJson>& refund_schema() {
  static const auto kSchema =
      json::Schema<RefundJson>("Refund", "Money given back.")
          .required("id", &RefundJson::id, {.example = "re_7Xk2mPq9Rt4v"})
          .required("payment", &RefundJson::payment, {.example = "pay_7Xk2mPq9Rt4v"})
          .required("state", &RefundJson::state,
                    {.doc = "failed: the money is yours again.", .one_of = kRefundStates})
          .required("amount", &RefundJson::amount, {.doc = kAmountDoc})
          .required("currency", &RefundJson::currency)
          .required("reason", &RefundJson::reason)
          .required("failure", &RefundJson::failure, {.doc = "Why it has failed."})
          .required("metadata", &RefundJson::metadata)
          .required("created_at", &RefundJson::created_at);
  return kSchema;
}

const json::Schema<DisputeJson>& dispute_schema() {
  static const auto kSchema =
      json::Schema<DisputeJson>("Dispute", "A customer's bank takes the money back.")
          .required("id", &DisputeJson::id, {.example = "dp_7Xk2mPq9Rt4v"})
          .required("payment", &DisputeJson::payment)
          .required("state", &DisputeJson::state, {.one_of = kDisputeStates})
          .required("amount", &DisputeJson::amount, {.doc = kAmountDoc})
          .required("fee", &DisputeJson::fee, {.doc = "What the provider takes for it."})
          .required("currency", &DisputeJson::currency)
          .required("reason", &DisputeJson::reason, {.example = "fraudulent"})
          .required("evidence", &DisputeJson::evidence)
          .required("metadata", &DisputeJson::metadata)
          .required("submissions", &DisputeJson::submissions, {.doc = "Of evidence."})
          .required("expired", &DisputeJson::expired, {.doc = "Lost because nobody answered."})
          .required("created_at", &DisputeJson::created_at)
          .required("due_by", &DisputeJson::due_by, {.doc = "Evidence counts until then."});
  return kSchema;
}

const json::Schema<PaymentJson>& payment_schema() {
  static const auto kSchema =
      json::Schema<PaymentJson>("Payment", "Money from a customer, and what became of it.")
          .required("id", &PaymentJson::id, {.example = "pay_7Xk2mPq9Rt4v"})
          .required("state", &PaymentJson::state, {.doc = kStateDoc, .one_of = kPaymentStates})
          .required("amount", &PaymentJson::amount, {.doc = kAmountDoc})
          .required("currency", &PaymentJson::currency, {.example = "EUR"})
          .required("capture", &PaymentJson::capture, {.one_of = kCaptures})
          .required("amount_capturable", &PaymentJson::amount_capturable,
                    {.doc = "Held, and neither taken nor released."})
          .required("amount_captured", &PaymentJson::amount_captured)
          .required("amount_refunded", &PaymentJson::amount_refunded,
                    {.doc = "Refunds under way among them, failed ones not."})
          .required("amount_disputed", &PaymentJson::amount_disputed,
                    {.doc = "Disputes that are open or lost."})
          .required("amount_refundable", &PaymentJson::amount_refundable)
          .required("customer", &PaymentJson::customer)
          .required("payment_method", &PaymentJson::payment_method)
          .required("description", &PaymentJson::description)
          .required("statement_descriptor", &PaymentJson::statement_descriptor)
          .required("merchant_reference", &PaymentJson::merchant_reference)
          .required("receipt_email", &PaymentJson::receipt_email)
          .required("cancel_reason", &PaymentJson::cancel_reason)
          .required("off_session", &PaymentJson::off_session)
          .required("next_action", &PaymentJson::next_action, next_action_schema())
          .required("decline", &PaymentJson::decline, decline_schema(),
                    {.doc = "Of the last attempt."})
          .required("metadata", &PaymentJson::metadata)
          .required("attempts", &PaymentJson::attempts, attempt_schema())
          .required("captures", &PaymentJson::captures, capture_part_schema())
          .required("refunds", &PaymentJson::refunds, refund_schema())
          .required("disputes", &PaymentJson::disputes, dispute_schema())
          .required("created_at", &PaymentJson::created_at)
          .required("canceled_at", &PaymentJson::canceled_at);
  return kSchema;
}

static const json::Schema<CurrencyBalanceJson>& currency_balance_schema() {
  static const auto kSchema =
      json::Schema<CurrencyBalanceJson>("CurrencyBalance", "Of one currency.")
          .required("currency", &CurrencyBalanceJson::currency, {.example = "EUR"})
          .required("available", &CurrencyBalanceJson::available,
                    {.doc = "Can be paid out; negative where refunds and disputes took more."})
          .required("pending", &CurrencyBalanceJson::pending,
                    {.doc = "Captured, but not available yet."});
  return kSchema;
}

const json::Schema<BalanceJson>& balance_schema() {
  static const auto kSchema =
      json::Schema<BalanceJson>("PaymentsBalance", "What is yours, from the ledger's totals.")
          .required("balances", &BalanceJson::balances, currency_balance_schema());
  return kSchema;
}

const json::Schema<json::Page<PaymentJson>>& payment_page_schema() {
  static const auto kSchema = json::page_schema(payment_schema());
  return kSchema;
}
const json::Schema<json::Page<RefundJson>>& refund_page_schema() {
  static const auto kSchema = json::page_schema(refund_schema());
  return kSchema;
}
const json::Schema<json::Page<DisputeJson>>& dispute_page_schema() {
  static const auto kSchema = json::page_schema(dispute_schema());
  return kSchema;
}
}  // namespace ashlar::payments
