#include "proto/h248/post.hpp"

namespace h248 {

Post::Post(const Transactions::Options& options, Wire& wire, Transactions::Counters& counters)
    : head_{.version = options.version, .sender = options.own, .body = std::vector<Transaction>{}},
      print_(options.print),
      wire_(wire),
      counters_(counters) {
  print_head();
}

void Post::set_version(std::uint8_t version) {
  head_.version = version;
  print_head();
}

void Post::set_print(const PrintOptions& print) {
  print_ = print;
  print_head();
}

void Post::print_head() {
  head_text_ = print(head_, print_);
}

std::string Post::text_of(const Transaction& transaction) const {
  auto out = head_text_;
  print(transaction, out, print_);
  return out;
}

void Post::send(const Route& to, std::string_view text) {
  ++counters_.sent;
  if (acknowledgements_.empty() || text.size() > roomy) return wire_.send(to, text);
  std::string with(text);
  with.push_back('\n');
  print(Transaction(acknowledgements_.take()), with, print_);
  wire_.send(to, with);
}

void Post::send_error(const Route& to, const ErrorDescriptor& error) {
  auto message = head_;
  message.body = error;
  ++counters_.sent;
  wire_.send(to, print(message, print_));
}

}  // namespace h248
