#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "tests/support/msrp_reference.hpp"

namespace test {

/// Messages of all kinds that the grammar allows, by chance: what a polite peer would never send.
class MsrpDice {
 public:
  explicit MsrpDice(base::Random& random) : random_(random) {}

  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_.next_u64() % n; }

  /// `local`: what the peer was shown; `remote`: its own path. Sometimes it is for nobody.
  MsrpText request(const std::string& local, const std::string& remote) {
    static constexpr std::string_view methods[] = {"SEND",   "SEND", "SEND",     "SEND",
                                                   "REPORT", "AUTH", "NICKNAME", "X"};
    MsrpText out;
    out.id = id();
    out.what = methods[below(std::size(methods))];
    out.flag = "$$+#"[below(4)];
    for (auto n = below(3); n > 0; --n) out.fields.push_back(field());
    out.fields.push_back("To-Path: " + (below(8) == 0 ? "msrp://no.example:1/" + id() + ";tcp" : local));
    if (below(3) == 0) out.fields.push_back(field());
    const auto at = below(4) == 0 ? 0 : out.fields.size();
    out.fields.insert(out.fields.begin() + static_cast<std::ptrdiff_t>(at), "From-Path: " + remote);
    for (auto n = below(4); n > 0; --n) out.fields.push_back(field());
    if (below(4) == 0) out.fields.push_back(below(2) == 0 ? "Failure-Report: no" : "Failure-Report: partial");
    if (below(4) > 0) out.body = body(out.id);
    return out;
  }
  MsrpText response(const std::string& local, const std::string& remote, const std::string& asked) {
    static constexpr std::string_view what[] = {"200 OK", "200",          "413 too much",
                                                "481",    "299 \xc3\xa4", "200 "};
    MsrpText out{below(6) == 0 ? id() : asked,
                 std::string(what[below(std::size(what))]),
                 {"To-Path: " + local, "From-Path: " + remote}};
    if (below(4) == 0) out.fields.push_back(field());
    if (below(8) == 0) out.body = body(out.id);
    return out;
  }

  /// Octets that look like the end of a message of that id, without being it.
  std::string body(const std::string& of) {
    std::string out;
    for (auto n = below(12); n > 0; --n) out += piece(of);
    if (below(16) == 0) out += std::string(below(6000), static_cast<char>('a' + below(26)));
    // Nowhere in it is the end-line itself; the CRLF that follows belongs to what is looked for.
    for (const char flag : {'$', '+', '#'}) {
      const auto end = "-------" + of + flag + "\r\n";
      for (auto at = (out + "\r\n").find(end); at != out.npos; at = (out + "\r\n").find(end)) out[at] = '~';
    }
    return out;
  }
  std::string id() {
    static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789.-+%=";
    std::string out = "t";
    for (auto n = 3 + below(6); n > 0; --n) out += letters[below(letters.size())];
    return out;
  }

 private:
  std::string field() {
    static constexpr std::string_view fields[] = {"Message-ID: 12",
                                                  "Byte-Range: 1-*/*",
                                                  "Byte-Range: 3-0/9",
                                                  "Success-Report: yes",
                                                  "X-Long:  y  ",
                                                  "Content-Type: a/b",
                                                  "x-y:",
                                                  "Status: 000 200 OK",
                                                  "Byte-Range: nonsense",
                                                  "Use-Nickname: \"a\"",
                                                  "-------: z"};
    return std::string(fields[below(std::size(fields))]);
  }
  std::string piece(const std::string& of) {
    switch (below(9)) {
      case 0:
        return "\r\n";
      case 1:
        return "-------";
      case 2:
        return of;
      case 3:
        return "\r\n-------" + of;
      case 4:
        return "\r\n-------" + of + "$";
      case 5:
        return "\r\n-------" + of + "x$\r\n";
      case 6:
        return std::string(below(70), '-');
      case 7:
        return std::string(1, static_cast<char>(below(256)));
      default:
        return std::string(below(20), '\r');
    }
  }

  base::Random& random_;
};

}  // namespace test
