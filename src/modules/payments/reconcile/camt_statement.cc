// Statements as camt.053 (ISO 20022, BankToCustomerStatement). docs/reconciliation.md says which
// elements are read, and how.
//
// A document type is refused and no entity but XML's own five is known: nothing is expanded and
// nothing is fetched. The tree is bounded before it is built.
#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/currency.h"
#include "base/text.h"
#include "modules/payments/reconcile/decimal.h"
#include "modules/payments/reconcile/statement.h"

namespace ashlar::payments::reconcile {
namespace {

using pugi::xml_node;

// Elements and attributes: about 100 bytes of memory each.
constexpr std::ptrdiff_t kMaxParts = 1'500'000;

base::Error malformed(std::int64_t entry, std::string_view what) {
  return base::fail(base::Code::kInvalid, "statement_malformed",
                    "entry " + std::to_string(entry) + ": " + std::string(what));
}
base::Error no_camt(std::string_view what) {
  return base::fail(base::Code::kInvalid, "statement_malformed", std::string(what));
}

std::string_view local_name(const xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// Null where there is none; nothing of a null node is anything.
xml_node child(const xml_node& of, std::string_view name) {
  for (const xml_node node : of.children()) {
    if (local_name(node) == name) return node;
  }
  return {};
}

template <class... Names>
xml_node at(xml_node node, Names... names) {
  for (const std::string_view name : {std::string_view(names)...}) node = child(node, name);
  return node;
}

// A character reference can make what is no text; such counts as nothing.
std::string_view text(const xml_node& node) {
  const std::string_view value = base::trim_spaces(node.child_value());
  return value.size() <= kMaxField && base::is_utf8(value) ? value : std::string_view();
}

struct Sum {
  Money amount = 0;
  std::string currency;
};

// Of <Amt Ccy="EUR">12.30</Amt>, without sign.
std::optional<Sum> sum_of(const xml_node& amt) {
  Sum sum;
  sum.currency = base::ascii_lower(amt.attribute("Ccy").value());
  const auto digits = base::currency_digits(sum.currency);
  if (!digits) return std::nullopt;
  const auto amount = parse_decimal(text(amt), *digits);
  if (!amount || *amount < 0) return std::nullopt;
  sum.amount = *amount;
  return sum;
}

// +1: credit. 0: neither.
int sign_of(const xml_node& node) {
  const std::string_view word = text(child(node, "CdtDbtInd"));
  if (word == "CRDT") return 1;
  return word == "DBIT" ? -1 : 0;
}

bool is_booked(const xml_node& entry) {
  const xml_node status = child(entry, "Sts");
  const xml_node code = child(status, "Cd");
  return text(code ? code : status) == "BOOK";
}

std::optional<Day> day_of_entry(const xml_node& entry) {
  for (const std::string_view which : {"BookgDt", "ValDt"}) {
    const xml_node date = child(entry, which);
    const xml_node day = child(date, "Dt");
    const std::string_view value = text(day ? day : child(date, "DtTm"));
    if (!value.empty()) return parse_day(value.substr(0, 10));
  }
  return std::nullopt;
}

// What of the amount are charges that the bank has kept: those that are not said to be apart.
std::optional<Money> charges_of(const xml_node& node, const std::string& currency) {
  Money kept = 0;
  const auto add = [&](const xml_node& record) {
    const xml_node amt = child(record, "Amt");
    if (!amt || text(child(record, "ChrgInclInd")) == "false") return true;
    const auto sum = sum_of(amt);
    if (!sum || sum->currency != currency) return false;
    kept += sign_of(record) > 0 ? -sum->amount : sum->amount;
    return kept <= kMaxMoney && kept >= -kMaxMoney;
  };
  for (const xml_node charges : node.children()) {
    if (local_name(charges) != "Chrgs") continue;
    if (!add(charges)) return std::nullopt;  // versions up to 02: without records
    for (const xml_node record : charges.children()) {
      if (local_name(record) == "Rcrd" && !add(record)) return std::nullopt;
    }
  }
  return kept;
}

std::string_view reference_of(const xml_node& entry, const xml_node& details) {
  const xml_node refs = child(details, "Refs");
  for (const std::string_view name : {"AcctSvcrRef", "TxId", "EndToEndId", "InstrId"}) {
    const std::string_view value = text(child(refs, name));
    if (!value.empty() && value != "NOTPROVIDED") return value;
  }
  const std::string_view own = text(child(entry, "AcctSvcrRef"));
  return own.empty() ? text(child(entry, "NtryRef")) : own;
}

LineKind kind_by_codes(std::string_view family, std::string_view sub_family, int sign) {
  if (sub_family == "UPCT") return sign > 0 ? LineKind::kDisputeReversal : LineKind::kDispute;
  if (sub_family == "CHRG" || sub_family == "COMM") return LineKind::kFee;
  if (family == "ICDT" && sign < 0) return LineKind::kPayout;
  return sign > 0 ? LineKind::kCapture : LineKind::kRefund;
}

LineKind kind_of_entry(const xml_node& entry, const xml_node& details, int sign) {
  const xml_node own = child(details, "BkTxCd");
  const xml_node code = own ? own : child(entry, "BkTxCd");
  const std::string word = base::ascii_lower(text(at(code, "Prtry", "Cd")));
  if (const auto kind = kind_of(word)) return *kind;
  const xml_node family = at(code, "Domn", "Fmly");
  return kind_by_codes(text(child(family, "Cd")), text(child(family, "SubFmlyCd")), sign);
}

std::string_view description_of(const xml_node& entry, const xml_node& details) {
  const std::string_view said = text(at(details, "RmtInf", "Ustrd"));
  return said.empty() ? text(child(entry, "AddtlNtryInf")) : said;
}

// An entry while it is read.
struct Entry {
  xml_node node;
  std::int64_t number = 0;
  int sign = 0;
  Sum sum;
  Day day{};
};

base::Result<StatementLine> line_of(const Entry& entry, const xml_node& details, Money net,
                                    const xml_node& charged) {
  const auto fee = charges_of(charged, entry.sum.currency);
  if (!fee) return malformed(entry.number, "its charges are no amounts of its currency");
  StatementLine line;
  line.kind = kind_of_entry(entry.node, details, net < 0 ? -1 : 1);
  line.reference = reference_of(entry.node, details);
  line.fee = *fee;
  line.amount = net + *fee;
  if (line.amount > kMaxMoney || line.amount < -kMaxMoney) {
    return malformed(entry.number, "its amount is too large");
  }
  line.currency = entry.sum.currency;
  line.day = entry.day;
  line.description = description_of(entry.node, details);
  line.row = entry.number;
  return line;
}

// Signed, of one of several transactions of an entry.
std::optional<Money> net_of_details(const Entry& entry, const xml_node& details) {
  const xml_node own = child(details, "Amt");
  const auto sum = sum_of(own ? own : at(details, "AmtDtls", "TxAmt", "Amt"));
  if (!sum || sum->currency != entry.sum.currency) return std::nullopt;
  const int sign = sign_of(details);
  return sum->amount * (sign == 0 ? entry.sign : sign);
}

base::Status add_line(Statement& statement, base::Result<StatementLine> line) {
  ASHLAR_ASSIGN(StatementLine read, std::move(line));
  if (statement.lines.size() == kMaxLines) {
    return base::fail(base::Code::kInvalid, "statement_too_large",
                      "a statement has at most 100,000 lines");
  }
  statement.lines.push_back(std::move(read));
  return base::ok_status();
}

base::Status add_batch(Statement& statement, const Entry& entry,
                       const std::vector<xml_node>& transactions) {
  Money sum = 0;
  for (const xml_node& details : transactions) {
    const auto net = net_of_details(entry, details);
    if (!net) return malformed(entry.number, "a transaction of it has no amount of its currency");
    if (__builtin_add_overflow(sum, *net, &sum)) {
      return malformed(entry.number, "its amount is too large");
    }
    ASHLAR_TRY(add_line(statement, line_of(entry, details, *net, details)));
  }
  if (sum != entry.sum.amount * entry.sign) {
    return malformed(entry.number, "its transactions do not add up to it");
  }
  return base::ok_status();
}

base::Status add_entry(Statement& statement, Entry& entry) {
  entry.sign = sign_of(entry.node);
  if (entry.sign == 0) return malformed(entry.number, "it is neither credit nor debit");
  auto sum = sum_of(child(entry.node, "Amt"));
  if (!sum) return malformed(entry.number, "its amount is no amount of its currency");
  entry.sum = std::move(*sum);
  const auto day = day_of_entry(entry.node);
  if (!day) return malformed(entry.number, "it has no booking date");
  entry.day = *day;
  std::vector<xml_node> transactions;
  for (const xml_node group : entry.node.children()) {
    if (local_name(group) != "NtryDtls") continue;
    for (const xml_node details : group.children()) {
      if (local_name(details) == "TxDtls") transactions.push_back(details);
    }
  }
  if (transactions.size() > 1) return add_batch(statement, entry, transactions);
  const xml_node details = transactions.empty() ? xml_node() : transactions.front();
  const bool charged_there = static_cast<bool>(child(details, "Chrgs"));
  return add_line(statement, line_of(entry, details, entry.sum.amount * entry.sign,
                                     charged_there ? details : entry.node));
}

// The statement's balance of a kind (OPBD, CLBD), signed.
std::optional<Sum> balance_of(const xml_node& statement, std::string_view code,
                              std::string_view or_code) {
  for (const xml_node balance : statement.children()) {
    if (local_name(balance) != "Bal") continue;
    const std::string_view is = text(at(balance, "Tp", "CdOrPrtry", "Cd"));
    if (is != code && is != or_code) continue;
    auto sum = sum_of(child(balance, "Amt"));
    const int sign = sign_of(balance);
    if (!sum || sign == 0) return std::nullopt;
    sum->amount *= sign;
    return sum;
  }
  return std::nullopt;
}

// What its balances say beyond its lines, those from `first` on.
Money unexplained_by(const Statement& statement, std::size_t first, const xml_node& node,
                     std::string& currency) {
  const auto opening = balance_of(node, "OPBD", "PRCD");
  const auto closing = balance_of(node, "CLBD", "CLBD");
  if (!opening || !closing || opening->currency != closing->currency) return 0;
  currency = opening->currency;
  Money left = closing->amount - opening->amount;
  for (std::size_t i = first; i < statement.lines.size(); ++i) {
    const StatementLine& line = statement.lines[i];
    if (line.currency != opening->currency) return 0;
    if (__builtin_sub_overflow(left, net_of(line), &left)) return 0;
  }
  return left;
}

base::Status add_statement(Statement& statement, const xml_node& node, std::int64_t& entries) {
  if (statement.id.empty()) statement.id = text(child(node, "Id"));
  const std::size_t first = statement.lines.size();
  for (const xml_node child_node : node.children()) {
    if (local_name(child_node) != "Ntry") continue;
    Entry entry{.node = child_node, .number = ++entries, .sum = {}};
    if (is_booked(child_node)) ASHLAR_TRY(add_entry(statement, entry));
  }
  std::string currency;
  const Money more = unexplained_by(statement, first, node, currency);
  if (more == 0) return base::ok_status();
  Money& sum = statement.unexplained[currency];
  if (__builtin_add_overflow(sum, more, &sum)) return no_camt("its balances are too large");
  return base::ok_status();
}

}  // namespace

base::Result<Statement> read_camt_statement(std::string_view bytes) {
  const auto parts = std::ranges::count(bytes, '<') + std::ranges::count(bytes, '=');
  if (parts > kMaxParts) {
    return base::fail(base::Code::kInvalid, "statement_too_large", "the XML has too many elements");
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(
      bytes.data(), bytes.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
  if (!parsed) {
    return no_camt("byte " + std::to_string(parsed.offset) + ": " + parsed.description());
  }
  for (const xml_node node : document.children()) {
    if (node.type() == pugi::node_doctype) return no_camt("a document type is not taken");
  }
  const xml_node root = document.document_element();
  const xml_node report =
      child(local_name(root) == "Document" ? root : child(root, "Document"), "BkToCstmrStmt");
  if (!report) return no_camt("it is no camt.053: BkToCstmrStmt is missing");
  Statement statement;
  std::int64_t entries = 0, statements = 0;
  for (const xml_node node : report.children()) {
    if (local_name(node) != "Stmt") continue;
    ++statements;
    ASHLAR_TRY(add_statement(statement, node, entries));
  }
  if (statements == 0) {
    return base::fail(base::Code::kInvalid, "statement_empty", "there is no Stmt in it");
  }
  return statement;
}

}  // namespace ashlar::payments::reconcile
