%% An end of H.248 on Erlang's megaco: its transports, codec and transaction layer. What to ask and what to answer, a Python
%% test decides; both talk of it in messages' text. From the test:
%%   open ROLE CARRIER FORM SCANNER PORT [REMOTE]   role mgc: waits on 127.0.0.1:PORT; mg: from PORT to the controller on REMOTE
%%   send TAG        the message's transaction goes to the peer that was heard last
%%   answer WHO      the reply to `request WHO`
%%   version N       what was negotiated
%% To the test: `opened`, `request WHO` and `reply TAG` with a message, `failed TAG`, `wrong` and `gone` with a reason.
-module(megaco_peer).
-behaviour(megaco_user).
-export([start/1]).
-export([handle_connect/3, handle_connect/4, handle_disconnect/4, handle_syntax_error/4, handle_syntax_error/5,
         handle_message_error/4, handle_message_error/5, handle_trans_request/4, handle_trans_request/5,
         handle_trans_long_request/4, handle_trans_long_request/5, handle_trans_reply/5, handle_trans_reply/6,
         handle_trans_ack/5, handle_trans_ack/6, handle_unexpected_trans/4, handle_unexpected_trans/5,
         handle_trans_request_abort/5, handle_trans_request_abort/6, handle_segment_reply/6, handle_segment_reply/7]).

start(Arguments) ->
    Test = port_link:open(Arguments),
    ok = megaco:start(),
    ets:new(?MODULE, [named_table, public]),
    port_link:serve(Test, fun(Words, Octets) -> command(Words, Octets, Test) end).

command(["open", Role, Carrier, Form, Scanner, Port | Remote], _, Test) ->
    Mid = {ip4Address, {'IP4Address', [127, 0, 0, 1], list_to_integer(Port)}},
    ok = megaco:start_user(Mid, [{encoding_mod, megaco_text:encoder(Form)}, {encoding_config, megaco_text:scanner(Scanner)},
                                 {send_mod, list_to_atom("megaco_" ++ Carrier)}, {user_mod, ?MODULE}, {user_args, [Test]},
                                 {threaded, true}, {strict_version, false}, {auto_ack, true},
                                 {request_timer, {megaco_incr_timer, 300, 2, 0, 6}}]),
    ets:insert(?MODULE, {mid, Mid}),
    Handle = setelement(6, megaco:user_info(Mid, receive_handle), dynamic),
    open(Role, Carrier, Handle, [list_to_integer(Each) || Each <- [Port | Remote]]),
    port_link:send(Test, "opened\n");
command(["send", Tag], Octets, _) ->
    {Version, {transactionRequest, {'TransactionRequest', _, Actions}}} = transaction(Octets),
    ok = megaco:cast(stored(connection), Actions, [{protocol_version, Version}, {reply_data, Tag}]);
command(["answer", Who], Octets, _) ->
    {_, {transactionReply, Reply}} = transaction(Octets),
    list_to_pid(Who) ! {answer, element(4, Reply)};
command(["version", Version], _, _) ->
    ok = megaco:update_conn_info(stored(connection), protocol_version, list_to_integer(Version)).

open("mgc", "udp", Handle, [Port]) ->
    {ok, Transport} = megaco_udp:start_transport(),
    {ok, _, _} = megaco_udp:open(Transport, [{port, Port}, {udp_options, [{ip, {127, 0, 0, 1}}]}, {receive_handle, Handle}]);
open("mgc", "tcp", Handle, [Port]) ->
    {ok, Transport} = megaco_tcp:start_transport(),
    ok = megaco_tcp:listen(Transport, [{port, Port}, {tcp_options, [{ip, {127, 0, 0, 1}}, {nodelay, true}]},
                                       {receive_handle, Handle}]);
open("mg", "udp", Handle, [Port, Remote]) ->
    {ok, Transport} = megaco_udp:start_transport(),
    {ok, Socket, Pid} = megaco_udp:open(Transport, [{port, Port}, {udp_options, [{ip, {127, 0, 0, 1}}]},
                                                    {receive_handle, Handle}]),
    {ok, _} = megaco:connect(Handle, preliminary_mid, megaco_udp:create_send_handle(Socket, {127, 0, 0, 1}, Remote), Pid);
open("mg", "tcp", Handle, [_, Remote]) ->
    {ok, Transport} = megaco_tcp:start_transport(),
    {ok, Socket, Pid} = megaco_tcp:connect(Transport, [{host, {127, 0, 0, 1}}, {port, Remote},
                                                       {tcp_options, [{nodelay, true}]}, {receive_handle, Handle}]),
    {ok, _} = megaco:connect(Handle, preliminary_mid, Socket, Pid).

stored(Key) ->
    [{Key, Value}] = ets:lookup(?MODULE, Key),
    Value.

%% Records differ between versions: the header says which.
transaction(Octets) ->
    {ok, {'MegacoMessage', _, {'Message', Version, _, {transactions, [Transaction]}}}} =
        megaco_pretty_text_encoder:decode_message([], dynamic, Octets),
    {Version, Transaction}.

tell(Test, Words, Version, Transaction) ->
    Message = {'MegacoMessage', asn1_NOVALUE, {'Message', Version, stored(mid), {transactions, [Transaction]}}},
    {ok, Text} = megaco_pretty_text_encoder:encode_message([], Version, Message),
    port_link:send(Test, [Words, $\n, Text]).

tell(Test, Words, Reason) ->
    port_link:send(Test, io_lib:format("~s~n~tp", [Words, Reason])),
    ok.

%% --- megaco_user: each with the optional Extra, which no carrier of ours gives ---------------------------------------

handle_connect(Connection, _Version, _Test) ->
    ets:insert(?MODULE, {connection, Connection}),
    ok.
handle_connect(Connection, Version, _Extra, Test) -> handle_connect(Connection, Version, Test).

handle_disconnect(_, _, Reason, Test) -> tell(Test, "gone", Reason).

handle_syntax_error(_, _, Error, Test) ->
    tell(Test, "wrong", Error),
    reply.
handle_syntax_error(Handle, Version, Error, _, Test) -> handle_syntax_error(Handle, Version, Error, Test).

handle_message_error(_, _, Error, Test) ->
    tell(Test, "wrong", Error),
    no_reply.
handle_message_error(Connection, Version, Error, _, Test) -> handle_message_error(Connection, Version, Error, Test).

handle_trans_request(Connection, Version, Actions, Test) ->
    ets:insert(?MODULE, {connection, Connection}),
    tell(Test, ["request ", pid_to_list(self())], Version, {transactionRequest, {'TransactionRequest', 1, Actions}}),
    receive
        {answer, {actionReplies, Replies}} -> {discard_ack, Replies};
        {answer, {transactionError, Error}} -> {discard_ack, Error}
    end.
handle_trans_request(Connection, Version, Actions, _, Test) -> handle_trans_request(Connection, Version, Actions, Test).

handle_trans_reply(_, Version, {ok, Replies}, Tag, Test) ->
    tell(Test, ["reply ", Tag], Version, {transactionReply, {'TransactionReply', 1, asn1_NOVALUE, {actionReplies, Replies}}}),
    ok;
handle_trans_reply(_, Version, {error, {'ErrorDescriptor', _, _} = Error}, Tag, Test) ->
    tell(Test, ["reply ", Tag], Version, {transactionReply, {'TransactionReply', 1, asn1_NOVALUE, {transactionError, Error}}}),
    ok;
handle_trans_reply(_, _, Failure, Tag, Test) -> tell(Test, ["failed ", Tag], Failure).
handle_trans_reply(Connection, Version, Reply, Tag, _, Test) -> handle_trans_reply(Connection, Version, Reply, Tag, Test).

handle_trans_long_request(_, _, _, _) -> ignore.
handle_trans_long_request(_, _, _, _, _) -> ignore.
handle_trans_ack(_, _, _, _, _) -> ok.
handle_trans_ack(_, _, _, _, _, _) -> ok.
handle_unexpected_trans(_, _, Transaction, Test) -> tell(Test, "unexpected", Transaction).
handle_unexpected_trans(_, _, Transaction, _, Test) -> tell(Test, "unexpected", Transaction).
handle_trans_request_abort(_, _, _, _, _) -> ok.
handle_trans_request_abort(_, _, _, _, _, _) -> ok.
handle_segment_reply(_, _, _, _, _, _) -> ok.
handle_segment_reply(_, _, _, _, _, _, _) -> ok.
