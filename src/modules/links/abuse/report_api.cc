// What visitors say of a link: the page with the form, and what the form or a program sends.
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "modules/links/abuse/abuse_api.h"
#include "modules/links/abuse/abuse_json.h"
#include "modules/links/analytics/visitor_salts.h"
#include "modules/links/links_module.h"
#include "modules/links/redirect_pages.h"
#include "platform/http/call.h"
#include "platform/http/ip_address.h"
#include "platform/http/problem.h"
#include "platform/http/query.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::uint64_t kAddressRule = 0;
constexpr std::uint64_t kAllRule = 1;
constexpr std::size_t kNetworkBytes = 8;
constexpr std::string_view kReporter = "reporter";  // apart from those who click

constexpr VisitorPage kAsk{200, "report", "Report this link",
                           "What is wrong with it? Whoever runs this service will look."};
constexpr VisitorPage kThanks{202, "received", "Thank you", "The report has come in."};

// IPv6 hosts choose among 2^64 addresses of their own: the network stands for them.
std::string network_of(std::string_view text) {
  const auto address = http::parse_ip(text);
  if (!address) return std::string(text);
  const std::size_t length = address->is_v4() ? address->bytes.size() : kNetworkBytes;
  return {reinterpret_cast<const char*>(address->bytes.data()), length};
}

// A code holds nothing that HTML would read.
std::string form_of(std::string_view code) {
  std::string form = "<form method=\"post\" action=\"/";
  form += code;
  form +=
      "/report\"><label for=\"reason\">Reason</label><br><select id=\"reason\" name=\"reason\" "
      "style=\"font:inherit;padding:.4rem\"><option value=\"phishing\">It deceives visitors"
      "</option><option value=\"malware\">It harms computers</option><option value=\"spam\">It is "
      "spam</option><option value=\"illegal\">It is against the law</option><option "
      "value=\"other\">Something else</option></select><br><label for=\"comment\">Comment</label>"
      "<br><textarea id=\"comment\" name=\"comment\" maxlength=\"1000\" rows=\"4\" "
      "style=\"font:inherit;width:100%\"></textarea><br><button style=\"font:inherit;"
      "padding:.4rem 1rem\">Report</button></form>";
  return form;
}

bool is_form(const http::Call& call) {
  return call.head->find("content-type").starts_with("application/x-www-form-urlencoded");
}

// Of both ways the same rules.
base::Result<ReportJson> report_in(const http::Call& call) {
  if (!is_form(call)) return report_schema().parse_body(call.body);
  ASHLAR_ASSIGN(const http::QueryParameters fields, http::parse_query(call.body));
  std::string body;
  json::Writer json(body);
  json.begin_object();
  bool reason = false;
  bool comment = false;
  for (const auto& [name, value] : fields) {
    bool* const told = name == "reason" ? &reason : name == "comment" ? &comment : nullptr;
    if (told == nullptr || *told) continue;
    *told = true;
    json.key(name).string(value);
  }
  json.end_object();
  return report_schema().parse_body(body);
}

}  // namespace

base::Result<std::optional<RedirectTarget>> AbuseApi::asked_for(const http::Call& call) const {
  HostBuffer buffer;
  std::string host(host_of_field(call.head->host, buffer));
  if (!host.empty()) {
    ASHLAR_ASSIGN(const DomainTable::Known site, module_.domain_table.look_up(host, call.deadline));
    if (site == nullptr) host.clear();
  }
  return module_.db.read(storage::Context::platform(storage::PlatformUse::kRedirect, call.deadline),
                         [&](storage::Transaction& tx) {
                           return module_.links.find_for_redirect(
                               tx, {.host = host, .code = call.param(0)});
                         });
}

base::Result<http::Response> AbuseApi::report_page(http::Call& call) {
  const std::string& code = call.param(0);
  ASHLAR_ASSIGN(const std::optional<RedirectTarget> target, asked_for(call));
  if (!target) return refuse(Refusal::kUnknown, *call.head, call.request_id);
  http::Response page = visitor_page(kAsk, form_of(code), *call.head, call.request_id);
  // There is no page for programs: they send their report.
  if (page.content_type.starts_with("text/html")) return page;
  return http::problem(406, "not_acceptable", "Send the report with POST.", call.request_id);
}

base::Result<http::Response> AbuseApi::report(http::Call& call) {
  const base::Mono mono = module_.clock.mono();
  const std::string network = network_of(call.client_address);
  const std::array keys{hasher_(kAddressRule, network), hasher_(kAllRule, "")};
  std::array<kit::Decision, 2> decisions{};
  const bool admitted =
      reporters_.take_all(keys, mono, decisions, [&](std::size_t i, kit::GcraState& state) {
        return take(i == 0 ? of_address_ : of_all_, state, mono, 1);
      });
  if (!admitted) {
    const auto wait = std::max(decisions[0].retry_after, decisions[1].retry_after);
    http::Response answer = visitor_page(
        {429, "too_many_reports", "Too many reports", "Wait a little before the next one."}, {},
        *call.head, call.request_id);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    answer.header("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1)));
    return answer;
  }
  ASHLAR_ASSIGN(ReportJson wanted, report_in(call));
  ASHLAR_ASSIGN(const std::optional<RedirectTarget> target, asked_for(call));
  if (!target) return refuse(Refusal::kUnknown, *call.head, call.request_id);
  Report report;
  report.at = module_.clock.now();
  // By the day's key, which is removed after two days: then nobody can tell an address by it.
  analytics::VisitorSalts salts(module_.db, module_.entropy);
  ASHLAR_TRY(salts.prepare(report.at));
  report.reporter = static_cast<std::int64_t>(
      salts.visitor(target->tenant, report.at, network, kReporter).value_or(0));
  report.reason = std::move(wanted.reason);
  report.comment = std::move(wanted.comment);
  ASHLAR_TRY(module_.reviews.report(target->tenant, target->id, report));
  http::Response answer = visitor_page(kThanks, {}, *call.head, call.request_id);
  if (answer.content_type.starts_with("text/html")) return answer;
  return http::json_response(202, reported_schema(), ReportedJson{"received"})
      .header("Cache-Control", "no-store");
}

}  // namespace ashlar::links::abuse
