#include "modules/notifications/mail/mail_reports.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/text.h"
#include "modules/notifications/mail/mail_address.h"
#include "modules/notifications/mail/mime_reader.h"
#include "modules/notifications/mail/return_path.h"
#include "modules/notifications/mail/smtp_verdict.h"
#include "platform/security/digest.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxRecipients = 16;
constexpr std::size_t kDedupeBytes = 16;
constexpr int kAnyPermanentCode = 554;  // of no row of its own: the enhanced code decides

bool is_id(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, good);
}

// "<id@sender domain>".
std::optional<std::string> id_of_message_id(std::string_view value, const MailCorrelation& ours) {
  const std::string_view bare = bare_address(value);
  const std::size_t at = bare.rfind('@');
  if (at == std::string_view::npos || !is_id(bare.substr(0, at))) return std::nullopt;
  if (!base::ascii_iequals(bare.substr(at + 1), ours.sender_domain)) return std::nullopt;
  return std::string(bare.substr(0, at));
}

// The return path among these headers of `entity`.
std::optional<std::string> id_of_path(const MimeEntity& entity, const MailCorrelation& ours,
                                      std::initializer_list<std::string_view> names) {
  if (ours.return_path_domain.empty()) return std::nullopt;
  for (const auto& [name, value] : entity.headers) {
    if (std::ranges::find(names, name) == names.end()) continue;
    auto id = verp_id(bare_address(value), ours.return_path_domain);
    if (id) return id;
  }
  return std::nullopt;
}

// Of the mail that is enclosed, whole or its headers.
std::optional<std::string> id_of_enclosed(const std::vector<MimeEntity>& parts,
                                          const MailCorrelation& ours) {
  for (const MimeEntity& part : parts) {
    const MediaType media = read_media_type(part.header("content-type"));
    if (media.type != "message/rfc822" && media.type != "text/rfc822-headers" &&
        media.type != "message/global" && media.type != "message/global-headers") {
      continue;
    }
    const MimeEntity enclosed = read_entity(part.body);
    auto id = id_of_path(enclosed, ours, {"return-path"});
    if (!id) id = id_of_message_id(enclosed.header("message-id"), ours);
    if (id) return id;
  }
  return std::nullopt;
}

// "rfc822; anna@example.org" (RFC 3464, section 2.1.2).
std::string typed_address(std::string_view value) {
  const std::size_t semicolon = value.find(';');
  if (semicolon != std::string_view::npos) value.remove_prefix(semicolon + 1);
  const auto address = parse_mail_address(bare_address(value));
  return address.ok() ? address->text : std::string();
}

std::string cut(std::string_view text) {
  std::string out(text.substr(0, Outgoing::kMaxDetailBytes));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return out;
}

// The same for a report that comes again, whatever it was wrapped in.
std::string dedupe_of(std::string_view kind, std::string_view id, std::string_view rest) {
  return std::string(kind) + ":" + std::string(id) + ":" +
         base::hex_encode(security::sha256(rest).substr(0, kDedupeBytes));
}

// "5.1.1 (user unknown)" begins with a status (RFC 3463): that, or empty.
std::string status_code(std::string_view value) {
  value = value.substr(0, value.find_first_not_of("0123456789."));
  const bool shaped = value.size() >= 5 && value[1] == '.' && std::ranges::count(value, '.') == 2;
  return shaped ? std::string(value) : std::string();
}

std::optional<Report::Kind> kind_of(std::string_view action, std::string_view status) {
  if (base::ascii_iequals(action, "delivered")) return Report::Kind::kDelivered;
  if (!base::ascii_iequals(action, "failed")) return std::nullopt;
  const bool gone =
      status.starts_with('5') &&
      judge_smtp(SmtpStage::kRcpt, kAnyPermanentCode, status).verdict == Verdict::kSuppress;
  return gone ? Report::Kind::kHardBounce : Report::Kind::kFailed;
}

// RFC 3464: a group of fields about the mail, then one about each recipient.
std::vector<Report> read_status(std::string_view text, std::optional<std::string> id) {
  std::vector<Report> reports;
  const MimeEntity of_mail = read_entity(text);
  const std::string_view envelope_id = of_mail.header("original-envelope-id");
  if (is_id(envelope_id) && !id) id = envelope_id;
  if (!id) return reports;
  std::string_view rest = of_mail.body;
  for (std::size_t groups = 0; groups < kMaxRecipients && !rest.empty(); ++groups) {
    const MimeEntity group = read_entity(rest);
    rest = group.body;
    const std::string status = status_code(group.header("status"));
    std::string_view action = group.header("action");
    action = action.substr(0, action.find_first_of(" \t("));  // a comment may follow
    const auto kind = kind_of(action, status);
    if (!kind) continue;
    Report report;
    report.kind = *kind;
    report.message_id = *id;
    report.address = typed_address(group.header("original-recipient"));
    if (report.address.empty()) report.address = typed_address(group.header("final-recipient"));
    report.detail = cut(status + " " + std::string(group.header("diagnostic-code")));
    report.dedupe =
        dedupe_of("dsn", *id, base::ascii_lower(action) + "\n" + status + "\n" + report.address);
    reports.push_back(std::move(report));
  }
  return reports;
}

// RFC 5965.
std::vector<Report> read_feedback(std::string_view text, std::optional<std::string> id,
                                  const MailCorrelation& ours) {
  const MimeEntity feedback = read_entity(text);
  const std::string type = base::ascii_lower(feedback.header("feedback-type"));
  if (!id) id = id_of_path(feedback, ours, {"original-mail-from"});
  if (!id && is_id(feedback.header("original-envelope-id"))) {
    id = feedback.header("original-envelope-id");
  }
  if (!id || (type != "abuse" && type != "fraud")) return {};
  Report report;
  report.kind = Report::Kind::kComplaint;
  report.message_id = *id;
  report.address = typed_address(feedback.header("original-rcpt-to"));
  report.detail = "feedback: " + type;
  report.dedupe = dedupe_of("arf", *id, type);
  return {report};
}

}  // namespace

std::vector<Report> read_mail_reports(std::string_view mail, const MailCorrelation& ours) {
  const MimeEntity top = read_entity(mail);
  const MediaType media = read_media_type(top.header("content-type"));
  if (media.type != "multipart/report") return {};
  const std::vector<MimeEntity> parts = read_parts(top.body, media.parameter("boundary"));
  // By which address it came: only bounces come to the return path.
  std::optional<std::string> id =
      id_of_path(top, ours, {"to", "delivered-to", "x-original-to", "envelope-to"});
  for (const MimeEntity& part : parts) {
    const std::string type = read_media_type(part.header("content-type")).type;
    if (type == "message/feedback-report") {
      std::vector<Report> reports = read_feedback(part.body, id, ours);
      return !reports.empty() || id ? reports
                                    : read_feedback(part.body, id_of_enclosed(parts, ours), ours);
    }
    if (type != "message/delivery-status" && type != "message/global-delivery-status") continue;
    std::vector<Report> reports = read_status(part.body, id);
    return !reports.empty() || id ? reports : read_status(part.body, id_of_enclosed(parts, ours));
  }
  return {};
}

}  // namespace ashlar::notifications
