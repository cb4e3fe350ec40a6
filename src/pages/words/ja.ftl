# ページの文言、日本語。

frame-help = { $application } へのサインインです。お困りのときは、このサイトの運営者にお問い合わせください。
frame-sign-in = { $application } へのサインインです。
frame-support = お問い合わせ

action-sign-in = サインイン
action-sign-in-again = もう一度サインイン
action-sign-in-once-more = あと一度サインインしてみる
action-sign-out = サインアウト
action-try-again = もう一度試す
action-check-again = { $provider } でもう一度確認
action-continue = 続ける
action-another-account = 別のアカウントを使う
action-another-organization = 別の組織にサインイン
action-enter-email = メールアドレスを入力
action-start-afresh = サインアウトしてやり直す
action-start-page = トップページへ
action-go-to = { $application } へ移動
action-ask-for-access = アクセス権を依頼
action-open-provider = { $provider } を開く
action-more = さらに表示

moment = { $year }年{ $month ->
    [1] 1月
    [2] 2月
    [3] 3月
    [4] 4月
    [5] 5月
    [6] 6月
    [7] 7月
    [8] 8月
    [9] 9月
    [10] 10月
    [11] 11月
   *[12] 12月
}{ $day }日 { $time } UTC
wait-seconds = { $count ->
   *[other] { $count } 秒後にもう一度お試しください。
}
wait-minutes = { $count ->
   *[other] { $count } 分後にもう一度お試しください。
}
wait-hours = { $count ->
   *[other] { $count } 時間後にもう一度お試しください。
}
list-pair = { $first }と{ $last }
list-middle = { $before }、{ $next }
list-end = { $before }、{ $last }

login-expired-heading = このサインインページは期限切れです
login-expired-sentence = サインインページは一度だけ、短い時間だけ有効です。失われたものはありません。

login-cancelled-heading = サインインは中止されました
login-cancelled-sentence = サインインせずに { $provider } から戻られました。変更されたものはありません。

provider-unreachable-heading = 現在 { $provider } に接続できません
provider-unreachable-sentence = 応答がないため、まだサインインできません。すでにサインインしている方に影響はありません。

identity-unverified-heading = { $provider } によるアカウントの確認が取れていません
identity-unverified-sentence-soon = 長い間応答がありませんが、お客様のアカウントに問題があるという意味ではありません。数分おきに問い合わせており、応答があればすぐに続けられます。すでに復旧している場合は、もう一度サインインしてください。
identity-unverified-sentence-next = 長い間応答がありませんが、お客様のアカウントに問題があるという意味ではありません。次は { $moment } に問い合わせ、応答があればすぐに続けられます。すでに復旧している場合は、もう一度サインインしてください。

identity-invalid-heading = { $provider } によると、このアカウントは現在有効ではありません
identity-invalid-sentence = 引き続きご利用いただけるか改めて問い合わせたところ、利用できないとの回答でした。そのため、セッションを終了しました。
identity-invalid-heading-access = { $provider } によるアクセスは終了しました
identity-invalid-sentence-at = 引き続きご利用いただけるか { $moment } に改めて問い合わせたところ、利用できないとの回答でした。そのため、セッションを終了しました。
no-longer-withdrawn = サインインのもとになった許可が、先方で受け付けられなくなりました。アクセスの取り消し、パスワードの変更、アカウントの閉鎖などのときに起こります。
no-longer-inactive = アカウントは停止中、または有効ではないとのことです。
no-longer-no-token = お客様について問い合わせるために必要なものが提供されませんでした。
no-longer-somebody-else = 回答はお客様とは別のアカウントについてのものでした。
no-longer-other-tenant = このアカウントは、ここの利用を認められた { $provider } の契約先に属さなくなりました。
no-longer-email = お客様のメールアドレスは、先方で確認されなくなりました。
no-longer-rules = アカウントの情報が、ここを利用するための条件を満たさなくなりました。
no-longer-member = ここでのメンバーシップは取り消されました。
identity-invalid-check = すでに解決しているとお考えの場合は、もう一度先方でサインインしてください。{ $provider } が認めれば、元の場所から続けられます。

provider-refused-heading = { $provider } がサインインを許可しませんでした
provider-refused-sentence = { $application } を利用できる方はそのサービスが決めており、このアカウントは認められませんでした。
provider-refused-not-assigned = このアカウントには、そのサービスで { $application } が割り当てられていません。そのサービスの管理者が変更できます。
provider-refused-suspended = このアカウントは、そのサービスで停止されています。そのサービスの管理者が変更できます。
provider-refused-ungranted = { $application } に必要な情報が渡されませんでした。もう一度サインインし、求められる項目をすべて許可してください。

provider-misconfigured-heading = { $provider } によるサインインが正しく設定されていません
provider-misconfigured-sentence = 修正できるのは管理者だけです。下の参照番号を管理者にお伝えください。
provider-misconfigured-clock = プロバイダーがたった今発行したものは、当方の時計では未来、またはかなり前の日時になっています。どちらかの時計が間違っています。まずこのマシンの時刻を確認してください。doorward provider test で差がわかります。

account-not-allowed-heading = { $email } では { $application } を利用できません
account-not-allowed-heading-this = このアカウントでは { $application } を利用できません
account-not-allowed-sentence = サインインはできましたが、{ $organization } はこのアカウントにアクセス権を与えていません。
account-not-allowed-sentence-this = サインインはできましたが、この組織はこのアカウントにアクセス権を与えていません。

organization-unknown-heading = その組織は見つかりません
organization-unknown-sentence = アドレスが間違っているか、古くなっている可能性があります。メールアドレスがあれば、正しいサインインページを見つけられます。

organization-suspended-heading = { $organization } へのサインインは一時停止中です
organization-suspended-heading-this = この組織へのサインインは一時停止中です
organization-suspended-sentence = 現在、この組織には誰もサインインできません。お客様のアカウントに変更はありません。

email-unverified-heading = { $provider } でメールアドレスが確認されていません
email-unverified-sentence = { $application } は確認済みのアドレスだけを受け付けます。{ $provider } のアカウントを開いて { $email } を確認してから、もう一度サインインしてください。
email-unverified-sentence-yours = { $application } は確認済みのアドレスだけを受け付けます。{ $provider } のアカウントを開いてアドレスを確認してから、もう一度サインインしてください。
email-missing-heading = { $provider } のアカウントにメインのメールアドレスがありません
email-missing-sentence = { $application } にはメールアドレスが必要です。{ $provider } のアカウントを開き、確認済みのアドレスをメインに設定してから、もう一度サインインしてください。

session-ended-heading = サインアウトされました
session-ended-idle = { $application } がしばらく使われていませんでした。
session-ended-lifetime = サインインには有効期間があり、その期間が終わりました。
session-ended-withdrawn = 別のブラウザーから、または管理者によってセッションが終了されました。
session-ended-at-provider = サインインサービスでのセッションが終了しました。
session-ended-unknown = { $application } はこのブラウザーを認識できなくなりました。

sign-in-required-heading = 続けるにはサインインしてください
sign-in-required-sentence = { $application } のこの部分は、サインインした方のためのものです。

redirect-loop-heading = サインインが何度も繰り返されています
redirect-loop-sentence = 短い間に何度かサインインされましたが、その後 { $application } がお客様を認識できませんでした。ブラウザーが同じところを回り続けないよう、ここで止めました。
redirect-loop-cookie-lost = ほかの Cookie は戻ってきましたが、セッション Cookie が戻ってきませんでした。ブラウザーと Doorward の間にある何かが取り除いているか、ブラウザーが受け付けていません。
redirect-loop-session-over = セッション Cookie は戻ってきましたが、そのセッションはすでに終了していました。終了の理由は監査記録で確認してください。
redirect-loop-signed-in = セッション Cookie は戻ってきており、そのセッションは有効です。ほかの何かがブラウザーをサインインに戻しています。アプリケーションのリダイレクトと、手前にあるプロキシを確認してください。
redirect-loop-out-of-sight = セッションは組織専用のホストのものなので、その Cookie がそこに戻っているかはここからは分かりません。ブラウザーでそのホストへのリクエストを確認してください。

cookies-blocked-heading = ブラウザーに Cookie が保存されていません
cookies-blocked-sentence = ご本人であることを確かめるため、サインインには Cookie が一つ必要です。ブラウザーの設定で { $application } の Cookie を許可してから、もう一度お試しください。
cookies-blocked-owner = Cookie は訪問者が最初に開いた場所で発行され、公開アドレスで戻ってくる必要があります。http で始めた場合や、公開アドレスとは別の名前で始めた場合は戻ってきません。
cookies-blocked-scheme = 前段のプロキシまたはブラウザーによると、このサインインは http で始まりました。ブラウザーが Cookie を保持するのは https の場合だけです。http をすべて https に転送し、ブラウザーが使った方式をプロキシが X-Forwarded-Proto で伝えるようにしてください。
cookies-blocked-host = このサインインが始まったページは、ブラウザーでは当方とは別のアドレスになっていますが、リクエストは当方のアドレスで届いています。Cookie は一つのアドレスだけに属します。別の名前を公開アドレスに転送するか、ブラウザーが求めた名前をプロキシが渡すようにしてください。

app-unreachable-heading = { $application } が応答していません
app-unreachable-sentence = ブラウザーとサインインは正常です。その先のアプリケーションが現在応答していません。

app-slow-heading = { $application } の応答に時間がかかっています
app-slow-sentence = ブラウザーとサインインは正常です。その先のアプリケーションが時間内に応答しませんでした。

too-busy-heading = { $application } が大変混み合っています
too-busy-sentence = 現在受け付けられる数を超えるリクエストがあるため、お客様のリクエストは渡されませんでした。

too-many-attempts-heading = しばらくお待ちください
too-many-attempts-sentence = 短い間に何度も試行がありました。

bad-request-heading = リクエストを読み取れませんでした
bad-request-sentence = 届いたアドレスまたはフォームは使用できない形式です。変更されたものはありません。

misdirected-request-heading = このアドレスには何もありません
misdirected-request-sentence = ブラウザーのアドレスバーの名前が間違っているか、古くなっている可能性があります。

not-found-heading = ページが見つかりません
not-found-sentence = アドレスを入力された場合は、正しいかご確認ください。リンクから来られた場合は、ページが移動した可能性があります。

not-allowed-here-heading = このページへのアクセス権がありません
not-allowed-here-sentence = { $email } でサインインしていますが、{ $application } のこの部分はほかの方のためのものです。
not-allowed-here-sentence-this = このアカウントでサインインしていますが、{ $application } のこの部分はほかの方のためのものです。

method-not-allowed-heading = ここではその操作はできません
method-not-allowed-sentence = ページはありますが、ブラウザーが行おうとした操作には対応していません。変更されたものはありません。

broken-heading = こちら側に問題があります
broken-sentence = ご要望の処理を完了できませんでした。下の参照番号で記録されています。

advice-check-saved = 何かを保存しようとしていた場合は、もう一度送信する前に、届いているかご確認ください。
advice-send-again = フォームを送信したところでしたら、届いていません。戻ってもう一度送信してください。
advice-copy-first = フォームを送信したところでしたら、届いていません。戻って入力した内容をコピーしてから、サインインしてください。
advice-ask-access = 別のアカウントをお持ちの場合は、そちらをお使いください。お持ちでない場合は、管理者にアクセス権を依頼してください。

stage-browser = お使いのブラウザー
stage-sign-in = サインイン
stage-works = 正常
stage-silent = 応答なし

problem-owner = 管理者の方へ：
problem-registered = プロバイダーには、次のリダイレクト URI を一字一句そのまま登録する必要があります：
problem-reference = 参照番号
problem-details = 詳細
problem-reference-hint = お問い合わせの際は、この参照番号をお知らせください。

door-title = { $organization } にサインイン
door-lead-one = { $application } を利用するには、サインインしてください。
door-lead-several = { $application } を利用するには、サインインの方法を選んでください。
door-lead-one-as = { $email } として { $application } を利用するには、サインインしてください。
door-lead-several-as = { $email } として { $application } を利用するには、サインインの方法を選んでください。
door-button = { $provider } でサインイン
door-used-last = このブラウザーで前回使用
door-none = この組織にサインインする方法はまだありません。組織の管理者が追加できます。
door-another-organization = 別の組織を使う

notice-idle = しばらくご利用がなかったため、サインアウトされました。
notice-lifetime = サインインの有効期間が終わったため、サインアウトされました。
notice-withdrawn = 別のブラウザーから、または管理者によってサインアウトされました。
notice-at-provider = サインインサービスによってサインアウトされました。
notice-unknown = サインアウトされました。
notice-another-account = 使用するアカウントを選んでください。

email-title = { $application } にサインイン
email-continue = { $organization } へ進む
email-or = または
email-label = 仕事用のメールアドレス
email-hint = 所属組織のサインインに進みます。パスワードはお尋ねしません。
email-list = または組織を選んでください
email-missing = メールアドレスを入力してください。
email-malformed = name@example.com の形式でメールアドレスを入力してください。
email-unknown-domain = このアドレスの組織は見つかりません。つづりを確認するか、所属組織のサインイン用リンクをお使いください。

choose-title = 組織を選んでください
choose-lead = 複数の組織がアドレス { $email } を使用しています。
choose-another-email = 別のメールアドレスを使う

dev-title = 開発用サインイン
dev-note = このフォームは ID プロバイダーの代わりです。入力された内容をすべて信用し、このコンピューターでのみ動作します。
dev-email = メールアドレス
dev-name = 名前
dev-name-hint = （任意）
dev-groups = グループ
dev-groups-hint = （任意、コンマ区切り）
dev-cancel = キャンセル

logout-title = { $application } からサインアウトしますか？
logout-lead = このブラウザーでのセッションが終了します。開いている作業があれば、先に保存してください。
logout-stay = サインインしたままにする

logged-out-title = { $application } からサインアウトしました
logged-out-there-too = ここでのセッションは終了し、{ $provider } でのセッションも終了しました。
logged-out-here = ここでのセッションは終了しました。
logged-out-close = ここでのセッションは終了しました。共有のコンピューターでは、ブラウザーのウィンドウもすべて閉じてください。
logged-out-still = { $providers } にはまだサインインしています。
logged-out-still-advice = 共有のコンピューターでは、そちらからもサインアウトしてください。そうしないと、次に使う人がお客様として入れてしまいます。

signed-in-title = サインインしました
signed-in-close = このウィンドウを閉じて、元のウィンドウで続けてください。

redirecting-title = 少々お待ちください
redirecting-lead = 移動しています。何も起こらない場合は、ボタンを押してください。

account-title = サインインしています
account-name = 名前
account-email = メール
account-organization = 組織
account-provider = サインイン方法
account-since = 開始
account-until = 最長期限
account-open = { $application } を開く
account-identity = { $provider } のアカウント
account-state = 状態
account-confirmed = 確認済み
account-unanswered-timeout = 前回の問い合わせでは未確認：時間がかかりすぎました
account-unanswered-unreachable = 前回の問い合わせでは未確認：接続できませんでした
account-unanswered-asked-to-wait = 前回の問い合わせでは未確認：待つように求められました
account-unanswered-trouble = 前回の問い合わせでは未確認：先方で問題が発生していました
account-unanswered-unreadable = 前回の問い合わせでは未確認：応答を読み取れませんでした
account-unanswered-silent = 前回の問い合わせでは未確認：応答がありませんでした
account-unasked = サインイン時に確認済み
account-last-confirmed = 最終確認
account-next-check = 次回の確認
account-access-ends = アクセス終了
account-access-ends-at = { $moment }（それまでに応答がない場合）
account-sessions = サインイン中の場所
account-this-browser = このブラウザー
device-both = { $system } の { $browser }
device-system = { $system } のブラウザー
device-unknown = 不明なブラウザー
account-session = { $since } から、最終使用 { $used }
account-end = 終了
account-end-label = { $since } からのセッションを終了
account-end-others = ほかのセッションをすべて終了
account-others = ほかの組織
account-switch = 切り替え
account-switch-label = { $organization } に切り替え
account-told = { $application } に伝わるお客様の情報
account-headers = リクエストヘッダー
account-claims = 署名付きアサーションのクレーム
account-fact-name = 名前
account-fact-value = 値
facts-shortened = 長い値と長い一覧は、ここでは省略しています。

## Step-up, forms that are kept, Setup and further identities

step-up-required-heading = ご本人であることを確認してください
step-up-required-sentence = { $application } のこの部分では、現在より新しい、またはより強いサインインが必要です。
form-kept-heading = 送信するには、もう一度サインインしてください
form-kept-sentence = サインインの期限が切れたか、{ $application } のこの部分には古すぎます。入力した内容はまだ送信されていません。ここに10分間保存されます。
sign-in-too-weak-heading = { $provider } でのサインインの強度が足りませんでした
sign-in-too-weak-sentence = { $application } のこの部分では、より新しい、またはより強いサインインが必要です。これまでどおりサインインしたままで、何も変わっていません。
sign-in-too-weak-owner = プロバイダーにはルートの max_auth_age または acr_values を送りましたが、より古い、または別の種類のサインインが返されました。詳細はログにあります。プロバイダーはこれらの値を認識し、求められたときにそのようなサインインを要求する必要があります。
other-account-heading = 別のアカウントでした
other-account-sentence = ご本人であることを確認するはずでしたが、{ $email } がサインインしました。これは現在お使いのアカウントではありません。何も変わっていません。
other-account-sentence-this = ご本人であることを確認するはずでしたが、現在お使いのものとは別のアカウントがサインインしました。何も変わっていません。
organization-not-open-heading = { $organization } はまだ利用できません
organization-not-open-heading-this = この組織はまだ利用できません
organization-not-open-sentence = この方法でサインインできるようになるには、組織の責任者がセットアップを完了する必要があります。
identity-not-linked-heading = このアカウントは追加できません
identity-not-linked-taken = { $provider } のこのアカウントは、ここでは別の方、またはご自身の別のアカウントのものです。移動できるのは管理者だけです。何も変更されていません。
identity-not-linked-another-there = ここにはすでに { $provider } の別のアカウントがあります。先にそちらを削除してください。何も変更されていません。
identity-not-linked-too-many = アカウントの数が上限に達しています。先に一つ削除してください。何も変更されていません。
identity-not-linked-not-admitted = お使いの組織では、{ $provider } のこのアカウントでは利用できません。何も変更されていません。
identity-not-linked-not-the-person = この操作を始めた方は、このブラウザーではもうサインインしていません。何も変更されていません。
identity-not-linked-not-an-owner = セットアップを完了できるのは責任者だけです。何も変更されていません。
owners-only-heading = このページは責任者向けです
owners-only-sentence = 開けるのは { $organization } の責任者だけです。責任者は設定ファイルで指定されます。
owners-only-sentence-this = 開けるのはこの組織の責任者だけです。責任者は設定ファイルで指定されます。
advice-copy-then-confirm = フォームを送信した直後であれば、届いていません。戻って入力内容をコピーしてから、確認に進んでください。
advice-same-account = 同じアカウントでサインインしてください。その後、ワンクリックで送信できます。
advice-use-all = もう一度試し、求められたものをすべて使ってください。解決しない場合は管理者にお知らせください。
action-confirm = 確認する
action-go-back = 戻る
action-your-account = アカウントページへ
kept-title = 入力した内容を送信しますか？
kept-lead = もう一度サインインしました。入力した内容はまだ送信されていません。
kept-send = 続ける：入力した内容を送信する
kept-leave = 送信せずにトップページへ移動する
not-kept-title = 入力した内容は保存されていません
not-kept-too-late = 保存されるのは10分間ですが、サインインにそれ以上かかりました。送信されていないため、もう一度入力する必要があります。
not-kept-somebody-elses = 今サインインしているものとは別のアカウントで入力されました。送信されておらず、内容は破棄しました。
rehearse-title = { $provider } を試す
rehearse-lead = これはリハーサルです。通常のサインインと同じように { $provider } に進み、その後どのような結果になるかを確認できます。これによってサインインすることはありません。このリンクを渡した人も結果を見ることができます。
rehearse-begin = 開始
rehearsed-title = { $provider } の結果
rehearsed-in = { $organization } を利用できます。
rehearsed-out = { $organization } は利用できません。
rehearsed-nobody = 誰もサインインしていません。このページを閉じてかまいません。
rehearsed-identity = アイデンティティ
rehearsed-verified = （確認済み）
rehearsed-unverified = （未確認）
rehearsed-claims = { $provider } からの情報
rehearsed-open = { $organization } はサインインを受け付けています。
rehearsed-shut = { $organization } はサインインを受け付けていません。
rehearsed-too-large = アプリケーションに伝えるあなたの情報に、大きすぎるものがあります。あなたのリクエストはアプリケーションに届きません。
rehearsal-failed-title = { $provider } は正しく動作しませんでした
rehearsal-failed-lead = { $provider } が誰かを確認する前にリハーサルは終了しました。リンクを渡した人も理由を見ることができます。
confirmed-again = 本人であることが確認されました。続行できます。
account-further = その他のサインイン方法
account-further-next = 最終確認 { $confirmed }、次回の確認 { $next }。
account-further-confirmed = 最終確認 { $confirmed }。
account-check = 確認
account-check-named = { $provider } を今すぐ確認する
check-confirmed = プロバイダーに問い合わせ、アカウントが確認されました。
check-unanswered = プロバイダーに問い合わせましたが、アカウントについて判断できる回答はありませんでした。自動的にもう一度問い合わせます。これによる不利益はありません。
check-waiting = プロバイダーからまだ回答がありません。問い合わせは続いています。1 分ほどしてからこのページを読み込み直すと結果がわかります。それまで変更はありません。
account-remove = 削除
account-remove-named = { $provider } を削除する
account-add = { $provider } を追加
offer-title = このアカウントを追加しますか？
offer-lead = まだ何も変更されていません。両方ともご本人の場合にのみ追加してください。
offer-here = 現在 { $provider } でサインインしています
offer-there = { $provider } によるあなたの情報
offer-changes = 変わること
offer-either = どちらのアカウントでも { $organization } にサインインできます。ここでは同じ人として扱われます。
offer-whole = 新しいアカウントを使える人は、ここであなたと同じことができます。
offer-ends = { $provider } が新しいアカウントを確認しなくなると、そのアカウントでは誰も入れなくなります。アカウントページでいつでも削除できます。
offer-add = 追加する
offer-not-me = 自分ではありません
offer-late = 何も追加されませんでした。回答が遅すぎたか、設定が変更されました。もう一度始められます。
state-valid = 確認済み
state-unchecked = サインイン時に確認済み
state-suspect = 応答なし
state-invalid = 無効
state-orphaned = 未接続
state-blocked = ブロック中
state-removed = 削除済み
state-none = アイデンティティなし
why-withdrawn = プロバイダーが取り消しました。
why-inactive = プロバイダーによると、アカウントは有効ではありません。
why-no-token = プロバイダーに再度問い合わせる手段がありません。
why-somebody-else = プロバイダーの回答は別の方についてのものでした。
why-membership-removed = メンバーシップが削除されました。
why-sign-in-again = もう一度サインインする必要があります。
why-connection = 接続が停止または変更されました。
why-other-tenant = アカウントはプロバイダーのこの顧客にもう属していません。
why-email = プロバイダーはこのアドレスを確認しなくなりました。
why-rules = このアカウントは規則で許可されなくなりました。

## Pages of owners

owner-nav = 管理
owner-tab-home = 概要
owner-tab-people = メンバー
owner-tab-sessions = セッション
owner-tab-audit = 監査記録
owner-your-account = ご自身のアカウント
owner-home-title = { $organization } の管理
owner-done-title = セットアップが完了しました
owner-failed-title = セットアップは完了しませんでした
owner-disable-title = { $provider } によるサインインを無効にしますか？
owner-people-title = { $organization } のメンバー
owner-sessions-title = { $organization } のセッション
owner-audit-title = { $organization } の監査記録
owner-was-disabled = このプロバイダーによるサインインを無効にしました。
owner-was-opened = セットアップが完了しました。
owner-paused = サイトの運営者が、この組織へのサインインを一時停止しています。
owner-door = サインインページ
owner-state-by-file = 有効（設定ファイルによる）
owner-state-open = 有効
owner-state-choosing = セットアップが完了していません。下から選んでください
owner-state-closed = セットアップが完了するまで利用できません
owner-state-disabled = 無効
owner-state-open-since = 有効（{ $moment } から）
owner-state-choosing-since = セットアップが完了していません。下から選んでください（{ $moment } に開始）。
owner-state-disabled-since = 無効（{ $moment } から）
owner-state-since = この状態の開始
owner-only = 対象
owner-registered = プロバイダーに登録する内容
owner-health = プロバイダー
owner-health-up = 応答しています
owner-health-degraded = 応答していますが、メンバーの再確認は一時停止中です
owner-health-down = 応答がありません
owner-health-unknown = まだ問い合わせていません
owner-health-since = { $moment } から
owner-identities = アイデンティティ：{ $state }
owner-which = { $organization } はどれですか？ そこに属する方だけが利用できるようになります。
owner-none-of-them = どれでもない：誰が利用できるかは、設定ファイルの規則だけで決まります
owner-save = 保存
owner-set-up-and-enable = セットアップして有効にする
owner-set-up-again = もう一度セットアップする
owner-set-up = セットアップ
owner-disable-ask = 無効にする…
owner-hint = セットアップでは、ご自身のアカウントでプロバイダーにサインインします。接続が機能することを確かめ、そのアカウントをここのアカウントに結び付けます。
owner-disable-more = 実際の数はこれより多くなります。
owner-disable-kept = 削除されるものはありません。責任者が同じプロバイダーでもう一度セットアップすると、全員のアカウントが元に戻ります。
owner-disable-type = 続けるには、組織の短い名前を入力してください：
owner-disable-mistyped = この組織の短い名前ではありません。
owner-disable = 無効にする
owner-cancel = キャンセル
owner-failed = 何も変更されていません。この問題のコードは、ログと運用ガイドでは { $code } です。
owner-close = このウィンドウは閉じてかまいません。
owner-go = { $organization } の管理へ移動
owner-search-people = 名前またはメールアドレス
owner-with-state = アイデンティティの状態
owner-any-state = すべて
owner-attention = 要確認
owner-search = 検索
owner-nobody = 該当する方はいません。
owner-nobody-found = 該当する方は見つかりませんでした。
owner-so-far = まだ見つかっていません。この先に続きがあります。
owner-more-people = 次のメンバー
owner-account = アカウント
owner-first-seen = 初回サインイン
owner-membership = メンバーシップ
owner-removed = 削除済み：このアカウントには誰もサインインできません
owner-email-there = プロバイダーでのメール
owner-id-there = プロバイダーでの ID
owner-last-asked = 最終問い合わせ
owner-block = ブロック
owner-unlink = 連携を解除
owner-history = これまでの経緯
owner-unblock = ブロックを解除
owner-none = ありません。
owner-end-all = すべてのセッションを終了
owner-restore = メンバーシップを復元
owner-remove = メンバーシップを削除
owner-more-sessions = 次のセッション
owner-search-audit = イベント、理由、参照番号、アカウント、アイデンティティ
owner-search-person = 人：名前、メールアドレス、アカウント
owner-search-from = 開始日
owner-search-to = 終了日
owner-export = CSV でダウンロード
owner-nothing = 見つかりませんでした。
owner-older = 以前の記録
owner-actor-visitor = サインインしていない訪問者
owner-actor-operator = サイトの運営者
owner-actor-system = 自動
owner-disable-people = { $count ->
    [0] この方法でサインインしている方はいません。
   *[other] { $count } 人がこの方法でサインインしています。
}
owner-disable-others = { $count ->
    [0] 別の方法を使える方はいません。
   *[other] そのうち { $count } 人は別の方法を使えます。
}
owner-disable-sessions = { $count ->
    [0] 終了するセッションはありません。
   *[other] { $count } 件のセッションが、開いている接続も含めて直ちに終了します。
}

## The audit trail: what happened, and why

event-login-succeeded = サインイン
event-login-denied = サインインの拒否
event-login-failed = サインインの不成立
event-login-cancelled = サインインの中止
event-login-loop = サインインの繰り返し
event-access-denied = ページへのアクセス権なし
event-session-created = セッションの開始
event-session-ended = セッションの終了
event-session-evicted = 新しいセッションのための終了
event-session-revoked = 管理者によるセッションの終了
event-identity-linked = アイデンティティの追加
event-identity-entered-grace = アイデンティティについてプロバイダーの応答なし
event-identity-restored = プロバイダーがアイデンティティを再び確認
event-identity-invalidated = アイデンティティの無効化
event-identity-checked = アイデンティティの確認
event-identity-blocked = アイデンティティのブロック
event-identity-unblocked = アイデンティティのブロック解除
event-identity-unlinked = アイデンティティの削除
event-identity-relinked = 別のアカウントへのアイデンティティの移動
event-identity-link-refused = アイデンティティの追加の不成立
event-connection-activated = 接続のセットアップ
event-connection-disabled = 接続の無効化
event-rehearsal-started = リハーサルの開始
event-rehearsal-finished = リハーサルの終了
event-admin-refused = 責任者向けページへのアクセス権なし
event-membership-removed = メンバーシップの削除
event-membership-restored = メンバーシップの復元
event-organization-suspended = 組織へのサインインの一時停止
event-organization-resumed = 組織へのサインインの再開
event-logout-requested = サインアウト

because-signed-out = 本人がサインアウトしました。
because-signed-out-there = 本人がプロバイダーでサインアウトしました。
because-not-confirmed = プロバイダーによる本人の確認が取れなくなりました。
because-blocked = アイデンティティがブロックされました。
because-unlinked = アイデンティティがアカウントから削除されました。
because-by-person = 本人が別のブラウザーから終了しました。
because-by-administrator = 管理者が終了しました。
because-by-owner = 責任者が終了しました。
because-too-many-sessions = セッションの数が多すぎました。
because-replaced = 新しいサインインに置き換わりました。
because-idle = しばらく使われていませんでした。
because-expired = 有効期間が終わりました。
because-foreign-origin = リクエストは別のサイトのページからのものでした。
because-not-set-up = セットアップが完了していません。
because-disabled = 責任者がこのサインイン方法を無効にしました。
because-other-customer = プロバイダーの別の顧客に属しています。
because-email-unverified = プロバイダーがこのアドレスを確認していません。
because-emails = 許可されたアドレスではありません。
because-email-domains = アドレスのドメインが許可されていません。
because-hosted-domains = 許可されたドメインのアカウントではありません。
because-groups-any = 許可されたグループのどれにも属していません。
because-groups-all = 必要なグループの一部に属していません。
because-subjects = 個別に許可された方ではありません。
because-tenants = プロバイダーの許可された顧客に属していません。
because-teams = 許可されたチームのどれにも属していません。
because-claims = プロバイダーからの情報が規則に合いません。
because-cookies = ブラウザーに Cookie が保存されませんでした。
because-provider-unreachable = プロバイダーの応答がありませんでした。
because-provider-misconfigured = プロバイダーによるサインインが正しく設定されていません。
because-provider-refused = プロバイダーがサインインを許可しませんでした。
because-not-admitted = 組織がこのアカウントを許可していません。
because-too-weak = サインインが古すぎるか、強度が足りませんでした。
because-taken = アイデンティティは別のアカウントのものです。
because-another-there = アカウントにはすでにこのプロバイダーのアイデンティティがあります。
because-too-many-identities = アカウントのアイデンティティの数が上限に達しています。
because-not-the-person = 操作を始めた方は、もうサインインしていませんでした。
because-not-an-owner = 組織の責任者ではありません。
because-not-me = 本人のものではないと回答がありました。
because-step-up = 本人であることが確認されました。
because-any-customer = 誰が利用できるかは、設定ファイルの規則だけで決まります。
because-cannot-ask = プロバイダーに問い合わせる方法がありません。

## Setting a provider up

setup-link-lead = { $organization } の方がサインインできるよう、{ $provider } の接続を依頼されています。そこにアプリケーションを登録する権限が必要です。
setup-link-once = 開始すると、このリンクはこのブラウザーでのみ使えます。有効な間は、中断して後で戻ることができます。
setup-link-begin = 開始
setup-link-gone-heading = このリンクは使えなくなりました
setup-link-gone-sentence = 期限が切れたか、取り消されたか、不完全です。送信した方に新しいリンクを依頼してください。
setup-link-elsewhere-heading = このリンクは別のブラウザーで開かれました
setup-link-elsewhere-sentence = 最初に開かれた場所でのみ使えます。そこで続けるか、送信した方に新しいリンクを依頼してください。
setup-link-crowded-heading = このブラウザーで設定中のプロバイダーが多すぎます
setup-link-crowded-sentence = これ以上は、最初のものを失わずに保持できません。別のブラウザーでリンクを開いてください。リンクはまだ使われていません。
wizard-title = { $provider } の設定
wizard-lead = このサイトの運営者が有効にするまで、これでサインインすることはできません。
wizard-organization = 組織
wizard-until = 有効期限
wizard-register = 1. アプリケーションを登録する
wizard-register-at = 場所：
wizard-copy = コピー
wizard-copied = { $name } をコピーしました。
wizard-values = 2. そこに表示された値を入力する
wizard-optional = （任意）
wizard-kept = この値は保存済みで、再び表示されることはありません。新しい値がない限り、空欄のままにしてください。
wizard-missing = 入力されていません。
wizard-wrong = この値は正しくありません。例：
wizard-save = 保存
wizard-first = まず必要な項目をすべて入力して保存してください。
wizard-check = 3. 確認する
wizard-check-lead = 設定が合っているかを、いまプロバイダーに問い合わせます。
wizard-check-button = いま確認
wizard-check-good = サインインなしで分かることは、すべて問題ありません。
wizard-check-bad = まだ問題があります。
wizard-fine = 正常
wizard-warning = 警告
wizard-failed = 正しくありません
wizard-unknown = 不明
wizard-try = 4. サインインを試す
wizard-try-lead = 通常のサインインと同じようにプロバイダーを通り、その結果どうなるかを確認します。これでサインインすることはありません。
wizard-try-button = 試す
wizard-try-good = サインインを試し、成功しました。
wizard-try-bad = サインインを試しましたが、成功しませんでした。
wizard-finish = 5. 引き渡す
wizard-finish-lead = すべて問題がなければ、完了を伝えてください。その後、ここでは何も変更できません。
wizard-finish-button = 完了しました
wizard-finished = 完了です。このサイトの運営者が有効にします。
wizard-in-force = このプロバイダーは有効です。ここで行うことはもうありません。
wizard-displaced = この短い名前は別のプロバイダーに使われたため、このプロバイダーは有効にできません。別の短い名前でもう一度設定してください。
wizard-toml = このサイトの運営者のファイル用
wizard-toml-hint = シークレットは含まれていません。このサイトの運営者のために保管され、指定されたファイルに入ります。
wizard-discard = 破棄
drafts-title = 設定中のプロバイダー
drafts-preset = どのプロバイダーですか？
drafts-id = 短い名前
drafts-id-hint = 英小文字、数字、ハイフン。登録するアドレスの一部になるため、後で変更できません。
drafts-add = プロバイダーを追加
drafts-bad-id = 短い名前は英小文字、数字、ハイフンで 1〜40 文字です。ハイフンで始まったり終わったりはできません。
drafts-taken = その短い名前のプロバイダーはすでにあります。
drafts-too-many = 設定中のプロバイダーが多すぎます。まず一つを破棄してください。
draft-waiting = リンク未使用
draft-open = 未完了
draft-complete = 入力済み
draft-finished = 引き渡し済み
draft-in-force = 有効
draft-displaced = 名前は別で使用中
event-draft-created = プロバイダーの設定の開始
event-draft-claimed = 設定リンクの開封
event-draft-changed = 設定中のプロバイダーの変更
event-draft-checked = 設定中のプロバイダーの確認
event-draft-finished = プロバイダー設定の引き渡し
event-draft-exported = プロバイダー設定の受け取り（シークレットを含む）
event-draft-removed = 設定中のプロバイダーの破棄
owner-actor-link = 設定リンクの所持者
