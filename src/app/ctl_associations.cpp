#include <algorithm>
#include <array>
#include <vector>

#include "app/ctl_text.hpp"
#include "base/text.hpp"

namespace app {
namespace {

using Row = std::vector<std::string>;

std::string plain(std::string_view text) {
  return text.empty() ? "-" : base::printable(text, text.size());
}

std::string number(const ng::Dictionary& in, std::string_view key) {
  const auto* value = in.find(key);
  return value != nullptr && value->integer() != nullptr ? std::to_string(*value->integer()) : "-";
}

Row row(const ng::Dictionary& association) {
  static const ng::Dictionary none;
  const auto* counters = association.find("counters");
  const auto& counted = counters != nullptr && counters->dictionary() ? *counters->dictionary() : none;
  const auto text = [&](std::string_view key) { return plain(association.text(key)); };
  return {text("peer"),
          text("role"),
          text("state"),
          text("route"),
          number(association, "contexts"),
          number(association, "version"),
          text("profile"),
          number(counted, "requests-out") + "/" + number(counted, "requests-in"),
          number(counted, "retransmissions"),
          number(counted, "timed-out"),
          text("trace"),
          text("last-error")};
}

const Row headings = {"PEER",    "ROLE",   "STATE",         "ROUTE",     "CONTEXTS", "VERSION",
                      "PROFILE", "OUT/IN", "RETRANSMITTED", "TIMED OUT", "TRACE",    "LAST ERROR"};

}  // namespace

std::string associations_text(const ng::Dictionary& reply) {
  std::vector<Row> rows = {headings};
  if (const auto* list = reply.find("associations"); list != nullptr && list->list() != nullptr) {
    for (const auto& each : *list->list())
      if (each.dictionary() != nullptr) rows.push_back(row(*each.dictionary()));
  }
  std::string out;
  for (const auto& each : rows) {
    for (std::size_t column = 0; column < each.size(); ++column) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, other[column].size());
      const bool last = column + 1 == each.size();
      out.append(each[column]).append(last ? 0 : width + 2 - each[column].size(), ' ');
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace app
