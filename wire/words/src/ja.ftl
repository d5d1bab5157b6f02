## Alarms. Each has by its code: the sentence in which it is told, and in its attributes what its runbook says:
## its name, what it means, what one person may do alone (only what closes, and what looks), what waits for two, and
## how one sees that it is over. Facts are named as in `wire/src/alarm.rs`.

near = { $near ->
    [two_years] 残り2年以内
    [year] 残り1年以内
    [quarter] 残り3か月以内
    [month] 残り1か月以内
    [week] 残り1週間以内
   *[over] 終了済み
}

ends-on = { $near ->
    [over] { $day } に終わりました
   *[other] { $day } に終わります（{ near }）
}

what = { $what ->
    [source] { $municipality }の異動の送信元
    [counter] { $municipality }の窓口
    [town] { $municipality }の全体
    [party] 登録者 { $party }
   *[issuing] 証明書の発行
}

capacity = { $role ->
    [security_officer] セキュリティ管理者
    [town_administrator] { $municipality }の市区町村管理者
    [officer] { $municipality }の受付窓口職員
    [supervisor] { $municipality }の係長
    [hold_desk] { $municipality }の一時保留の電話受付
    [terminal] { $municipality }の窓口端末
    [operator] 運用担当者
    [auditor] 監査担当者
    [agency] 署名検証者
    [source] { $municipality }の異動の送信元
    [registry] { $municipality }の住民基本台帳の照会先
    [witness] 監査の鎖の立会署名者
    [verifier] 帳簿の検証者
    [canary] 外部監視（カナリア）
    [scheduler] スケジューラ
    [registry_client] 本人確認情報の照会プログラム
    [responder] OCSP レスポンダ
    [list_issuer] 失効リスト発行プログラム
    [repository] リポジトリ
    [holders_door] 利用者の受付口
    [log] 監査の鎖の記録プログラム
   *[recovery] 回復鍵
}

program = { $program ->
    [list_issuer] akashi-crl
    [responder] akashi-ocsp
   *[repository] akashi-repository
}

finding = { $finding ->
    [uses_missing] トークンの使用番号 { $span } の報告が、どの窓口日誌にもありません
    [use_repeated] トークンの使用番号 { $count } は、前に別の項目で報告されています
    [count_leaps] トークンの使用番号が { $span } を飛ばしており、信用できません。トークンを調べる必要があります
    [made_in_future] 署名の日時が { $at }で、報告の時点でまだ来ていない日時です
    [before_journal] 署名の日時が { $at }で、窓口日誌の開始より前です
    [time_went_back] 窓口日誌の { $line } 行目の署名の日時が { $at }で、一つ前の行より前です
    [no_beginning] 窓口日誌の開始の日時が分かりません。最初の行が示されていません
    [lines_missing] 窓口日誌の { $span } 行目がありません
    [line_changed] 窓口日誌の { $line } 行目が、前に報告されたものと違います
    [foreign_officer] この市区町村の受付窓口職員の署名ではありません
    [not_enrolled_then] 署名した者は、当時登録されておらず、今も登録されていません
    [suspended_then] 署名した者またはその窓口は、当時停止されていました
    [outcome_unknown] 結果がどうなったか分かりません
    [unreadable] 本人に関する内容を開けません
    [document_expired] 提示された本人確認書類は、期限が切れていました
    [identity_unfit] 記録された本人確認は、ありえない内容です
    [no_certificate] 証明書のないカードに暗証番号が設定されました
    [no_such_certificate] カードが示した証明書 { $serial } は、発行されたことがありません
    [other_card] 証明書 { $serial } は、別のカードに発行されたものです
    [other_person] 証明書 { $serial } は、受付窓口職員が指定した人のものではありません
    [not_in_force] 証明書 { $serial } は、有効ではありませんでした
   *[other] { $finding }
}

## The registry feed

source_silent = { $municipality }の送信元から、異動データが届いていません
    .name = 異動データが途絶えている
    .means = 市区町村の送信元が、`rules.feed_silence_minutes` を超えて異動データを送ってきていない。その間に市区町村が記録した死亡や転出などの異動では、証明書が失効しない。
    .alone = 市区町村の当直に電話し、送信元が動いているか、回線がつながっているか、時計が合っているかを確かめる。`akashi status`（異動の遅れ）を見る。接続口のログに接続の拒否がないかを見る。その間に死亡や紛失の連絡が電話であれば、一時保留の電話受付に、その証明書を一時保留にしてもらう（`desk hold`）。誰も電話に出ず、不正使用のおそれがあれば、その市区町村の窓口を停止する（`desk suspend counter`）。
    .two = 停止したものは、二人で停止を解除する（`desk lift`）。回線で送れない異動データは、ファイルで受け取り、送信元自身のプログラムで投入する。
    .over = 送信元から次の異動データが届くと、自動で終わる。
batch_gap = { $municipality }の異動データに欠落があります。次は異動番号 { $due } のはずですが、{ $came } が届きました
    .name = 異動データに欠落がある
    .means = 届くはずの異動と届いた異動の間が欠けている。欠けた異動と同じ人の後の異動は、処理を待っている。欠けた異動の中に死亡があっても、証明書が失効しない。
    .alone = 市区町村に電話し、届くはずだった番号から、送信元に送り直してもらう。送り直しが済むまで、`akashi status` で欠落を見守る。送信元がそのような異動はないと言うときは、送信元を停止する（`desk suspend source`）。
    .two = 送信元の番号がバックアップからの復元で戻っているときは、セキュリティ管理者二人で送信元の鍵の登録を抹消し、新しく登録する。
    .over = 欠けていた異動が届けば、自動で終わる。確認の署名は呼出しを止めるだけで、欠落はなくならない。
batch_missing = { $municipality }の異動データのうち、異動番号 { $before } より前の回が欠けています
    .name = 異動データが前回に続いていない
    .means = 届いた異動データが前回として指すものが、実際に届いた前回のものと違う。途中の回が失われたか、送信元がバックアップから復元された。
    .alone = 市区町村に電話する。最後に送った異動データを、受け取った返事（`GET /idou`）と照らし合わせてもらい、欠けた分を送ってもらう。誰も説明できないときは、送信元を停止する（`desk suspend source`）。
    .two = 送信元が復元されたものであれば、送信元の鍵の登録を抹消し、新しく登録する。
    .over = 市区町村の説明がついたら、確認の署名をする。
event_unsettled = { $municipality }の異動番号 { $sequence } を処理できません：{ $why }
    .name = 処理できない異動がある
    .means = 届いた異動のうち一件が、書かれたとおりには処理できない。その人の証明書は元のままである。ほかの人の異動の処理は続いている。
    .alone = その人に何があったかを市区町村に問い合わせる。証明書が失効しているべき場合（死亡、国外転出）は、窓口または一時保留の電話受付に、直ちに一時保留にしてもらう（`desk hold`）。
    .two = 異動に代えて証明書を失効させるときは、通常の失効と同じく、窓口で理由を付けて行う。
    .over = その異動が処理されれば、自動で終わる。確認の署名は呼出しを止めるだけで、証明書は失効しない。
entry_unexplained = { $municipality }の異動番号 { $sequence } は、届出のある転出と結び付かない転入です
    .name = 転出の届出と結び付かない転入がある
    .means = 他の市区町村で転出の届出がされていない人を、市区町村が住民基本台帳に記載した。これにより証明書は失効した。人の取り違えかもしれない。
    .alone = 両方の市区町村に電話する。同じ送信元から一日に何件も届くときは、その送信元を停止する（`desk suspend source`）。
    .two = 失効したものは元に戻せない。本人に窓口で別の証明書を発行する。
    .over = その人の住所について両方の市区町村の認識が一致したら、確認の署名をする。
two_certificates = { $municipality }の異動番号 { $sequence } により、一人に証明書が二つあったと分かりました
    .name = 一人に証明書が二つあった
    .means = 住民票コードの変更により、同じ人が認証局の帳簿に二人として載り、それぞれに証明書があったと分かった。古い方は失効した。
    .alone = 新しい方を誰が、どの照会の後に発行したかを調べる（`akashi audit show`）。受付窓口職員が説明できないときは、その職員を停止する（`desk suspend party`）。
    .two = 必要であれば、その職員の登録を抹消する。
    .over = 確認の署名をする。

registry_not_understood = { $municipality }の住民基本台帳からの返事が、理解できません: { $why }
    .name = 台帳の返事が理解できない
    .means = 台帳は照会に答えているが、その返事を読めない、または信用できない。この市区町村の人には何も発行されない。一時保留と失効は、台帳なしで続けられる。
    .alone = 台帳の運用者に電話し、警報の内容（返事のどこの、どの項目か。どの登録者のはずだったか）を伝える。鍵が他人の手にあるおそれがあれば、停止する（`desk suspend source`）。
    .two = 連絡なしに鍵が替わっていたときは、古い鍵の登録を抹消し、新しい鍵を登録する。
    .over = 次に理解できる返事が来れば、自動で終わる。
registry_unreachable = { $municipality }の住民基本台帳が、三回続けて答えません: { $why }
    .name = 台帳につながらない
    .means = この市区町村の人には何も発行されない。一時保留と失効は、台帳なしで続けられる。
    .alone = 台帳の運用者に電話する。回線と、`[registry]` の `url` が正しいかを調べる。
    .two = なし。
    .over = 次の返事が来れば、自動で終わる。

## Keys of residents

key_weak = 証明書 { $serial } の鍵は、もう安全ではありません（{ $what }）。失効させる必要があります
    .name = 利用者の鍵が安全でない
    .means = この証明書の鍵は、別の鍵と共通の因数を持つか、二つの素数の積になっていない。同じ計算をした者は、利用者になりすまして署名できる。
    .alone = その市区町村の窓口または一時保留の電話受付に電話し、直ちに一時保留にしてもらう（`desk hold`）。同じロットのほかのカードにも同じ警報が出ていないかを調べ、出ていれば発行を停止する（`desk suspend issuing`）。
    .two = 理由 keyCompromise で失効させ、利用者に知らせる。ロット全体が悪いときは、そのロットのカードの証明書を二人でまとめて失効させる（`desk recall propose`）。
    .over = その証明書が失効するか期間満了になると、自動で終わる。
comparison_stuck = { $day } に始まった全証明書の鍵の比較が、終わっていません
    .name = 夜間の鍵の比較が終わっていない
    .means = すべての鍵の比較が始まったまま、12時間たっても終わっていない。同じ素数を使う鍵があっても気づけない。
    .alone = その夜の認証局のログと、機械のメモリとディスクを調べる。プログラムを起動し直しても害はない。比較は次の夜に初めからやり直される。
    .two = なし。
    .over = 後の回の比較が終わると、自動で終わる。

## Time

clock_differs = 機械の時計が、認証局が保ってきた時刻と合いません。時計を正しく合わせるか、二人が時計は正しいと認めるまで、予定された処理は待ちます（akashi clock）
    .name = 時計が、保ってきた時刻と合わない
    .means = 時計が変えられたか、機械が止まっていた。失効リスト、応答、失効は、保ってきた時刻で続いている。日を決めて予定された処理は待っている。
    .alone = 機械の時計を、電話の時報（117）ともう一台の機械に照らし合わせる。`akashi clock` と、chrony または timesyncd の状態を見る。時計が誤っていれば、正しく合わせる。
    .two = 時計が正しく、保ってきた時刻が誤っていれば、二人が端末で、時計は正しいと認める（`desk accept-clock`）。止まっている認証局では、その機械で `akashi clock accept`。
    .over = 二つが合うか、二人が認めると、自動で終わる。
time_unwitnessed = 起動してから、時刻の裏づけがありません。機械の時計を正しく合わせるか、二人が時計は正しいと認めるまで、何にも署名しません（akashi clock）
    .name = 時刻の裏づけがない
    .means = 今回の起動の後、正しい時刻が分からない。失効リストにも証明書にも署名しない。公開済みの失効リストは nextUpdate まで使える。一時保留、失効、異動は受け付けている。
    .alone = 時計を、電話の時報（117）ともう一台の機械に照らし合わせる。NTP がサーバーに届いているかを確かめる。`akashi status` で失効リストの nextUpdate を見る。それまでに解決する。
    .two = 二人が端末で時計は正しいと認める（`desk accept-clock`）。止まっている認証局では、その機械で `akashi clock accept`。
    .over = 自動で終わる。
clock_unsynchronised = この機械の時計は、何にも同期していません。時刻の裏づけになりません（NTP）
    .name = 機械の時計が同期していない
    .means = 時計を合わせ続けるものがないと、カーネルが示している。機械を再起動した後、この時計は時刻の裏づけにならない。ほかに影響はない。
    .alone = chrony または systemd-timesyncd を起動する。コンテナの中であれば、ホストで動いていることを確かめる。
    .two = なし。
    .over = 自動で終わる。
program_clock_differs = { program } の機械の時計が、このプログラムが保つ時刻と合いません（進み { $ahead } 秒、負の数は遅れ）。署名には、保ってきた時刻が付きます。その時計を正しく合わせるか、そこでプログラムを止める必要があります（akashi clock）
    .name = ほかのプログラムの機械の時計が合わない
    .means = このプログラムの機械で、時計が変えられたか、機械が止まっていた。プログラムは、保ってきた時刻で動き続けている。
    .alone = その機械の時計を、電話の時報（117）に照らし合わせる。時計が誤っていれば、正しく合わせる。保ってきた時刻が誤っていれば、そこでプログラムを止める。
    .two = なし。正しい時計だけが、これを終わらせる。
    .over = 二つが再び合うと、プログラムが知らせてくる。
program_time_unwitnessed = { program } が起動しましたが、時刻が分かりません（進み { $ahead } 秒、負の数は遅れ）。その機械の時計を正しく合わせるまで、何にも署名しません（akashi clock）
    .name = ほかのプログラムが時刻を知らない
    .means = 起動の後、このプログラムは何にも署名しない。失効リスト発行プログラムであれば、失効リストを出さない。OCSP レスポンダであれば、tryLater と応答する。
    .alone = その機械の NTP を直す。時刻を教える認証局に、その機械から届くことを確かめる。失効リストの nextUpdate を見守る。
    .two = なし。正しい時計だけが、これを終わらせる。
    .over = プログラムが知らせてくる。
certificate_begins_later = 証明書 { $serial } は、進んだ時計で発行され、{ $at }に始まります。窓口で失効させ、利用者に別の証明書を発行する必要があります
    .name = まだ始まっていない証明書がある
    .means = 時計が進んでいる間に発行された。始まるまで、どの署名検証者もこの証明書を受け付けない。利用者は、使える証明書だと思っている。
    .alone = 利用者に連絡するよう、発行した窓口に伝える。
    .two = なし。窓口が失効させ、別の証明書を発行する。
    .over = 自動で終わる。
party_begins_later = 登録者 { $party } の鍵の証明書は、進んだ時計で作られ、{ $at }に始まります。登録を抹消し、新しく登録する必要があります
    .name = まだ始まっていない登録者の鍵がある
    .means = 登録者の証明書が、時計が進んでいる間に作られた。始まるまで、この登録者の署名は一切受け付けられない。
    .alone = その登録者に知らせる。その窓口にほかに登録者がいなければ、近隣の窓口に代わってもらう。
    .two = 登録を抹消し、新しく登録する。
    .over = 自動で終わる。
certificate_taken_for_ended = 証明書 { $serial } は、進んだ時計のために、終わったものとみなされていました。{ $is_restored ->
    [true] 今は元どおり利用者の証明書です。その間に利用者について届いた異動や届出を調べる必要があります
   *[other] 利用者には、ほかに二つの証明書があります。先にそちらを失効させる必要があります
}
    .name = 終わったものとみなされた証明書がある
    .means = 時計が進んでいる間、この証明書は終わったものと扱われた。その間に利用者について届いた異動や届出では、何も失効していない。
    .alone = その間に利用者について何が届いたかを、市区町村に問い合わせる。失効しているべきものがあれば、窓口または一時保留の電話受付に一時保留にしてもらう（`desk hold`）。
    .two = 余分な証明書を、窓口で失効させる。
    .over = 確認の署名をする。

## Who may do what

suspended = { what }は、{ $since }から停止しています（停止した登録者：{ $by }）。停止の解除は二人で行います（desk lift）
    .name = 停止しているものがある
    .means = 一人が停止した。二人が停止を解除するまで、動かない。そこでは誰も手続を受けられない。
    .alone = 停止したままにしておく。停止した人に理由を聞き、次の当直に伝える。
    .two = 理由がなくなったら、停止を解除する（`desk lift`）。セキュリティ管理者二人で行う。市区町村の登録者については、その市区町村の管理者二人でもよい。
    .over = 二人が停止を解除すると、自動で終わる。
one_security_officer = セキュリティ管理者が一人だけで、二人で行うべき操作を一人で行っています。二人目を登録する必要があります
    .name = セキュリティ管理者が一人しかいない
    .means = 二人で行うべきことを、誰の確認も受けずに一人で行っている。
    .alone = その一人が、二人目を登録する（`desk enrol`）。
    .two = 二人になるまでは、なし。
    .over = 自動で終わる。
too_few_security_officers = 署名できるセキュリティ管理者が二人いません。二人で行う操作は一切できません。回復鍵で新しく登録できます（akashi recovery）
    .name = 署名できるセキュリティ管理者が二人いない
    .means = トークンが紛失したか、期限が切れたか、登録を抹消されている。二人で行う操作は一切できない。登録も、停止の解除もできない。
    .alone = トークンを探す。紛失していないトークンは、期限内であれば鍵を替えられる（`akashi officer-token rekey`）。証明書の一時保留と失効は続けられる。
    .two = 回復鍵の分散片の保管者が集まり、`akashi recovery ask` を実行し、待機期間が過ぎるのを待つ。
    .over = 自動で終わる。
too_few_terminals = 県の事務室の端末が、2台のうち { $have } 台しかありません。セキュリティ管理者は、端末がなければ何もできません。もう1台登録する必要があります。1台も残っていなければ、回復鍵で登録します（akashi recovery）
    .name = 県の事務室の端末が足りない
    .means = セキュリティ管理者は、登録された端末からしか操作できない。最後の1台がなくなると、何もできない。
    .alone = 停止しているだけの端末、期限が切れただけの端末がないかを調べる。
    .two = 県の事務室の端末をもう1台登録する（`desk enrol`）。1台も残っていなければ、`akashi recovery ask` を実行する。
    .over = 自動で終わる。
two_keys = { $municipality }の{ $role ->
    [source] 異動の送信元
   *[registry] 住民基本台帳の照会先
}に、有効な鍵が二つあります。古い方の登録を抹消する必要があります
    .name = 一つの接続に有効な鍵が二つある
    .means = 異動の送信元または住民基本台帳の照会先に新しい鍵が渡され、古い鍵が残っている。古い鍵を持つ者は、その市区町村を名乗って通信できる。
    .alone = 新しい鍵への切替えが済んだかを、市区町村に問い合わせる。
    .two = 古い鍵の登録を抹消する（`desk dismiss`）。
    .over = 自動で終わる。
recovery_asked = 回復鍵により、{ $asked_at }に、セキュリティ管理者または県の事務室の端末 { $parties } 件の登録が請求されました。{ $until }に登録されます。内容を確かめ（desk review、akashi recovery show）、心当たりがなければ中止させる必要があります（desk stop-recovery { $recovery }）
    .name = 回復鍵による請求があった
    .means = 回復鍵の分散片の保管者が集まり、新しいセキュリティ管理者または県の事務室の端末の登録を請求した。待機期間が過ぎると、すべての権限を持って登録される。
    .alone = 分散片の保管者に電話する。一人でも知らない人がいれば、直ちに中止させる（`desk stop-recovery`）。
    .two = なし。自動で実行される。
    .over = 中止されるか、実行されるか、実行されずに終わると、自動で終わる。
recovery_unreadable = 回復鍵による請求の内容を読めません：{ $why }
    .name = 回復鍵による請求を読めない
    .means = 回復鍵による請求についての行が、署名されたものと違う。誰かがデータベースに書き込んだかもしれない。
    .alone = `akashi audit verify` を実行し、結果を保存する。破損が見つかれば、発行を停止する（`desk suspend issuing`）。
    .two = 検証に通るバックアップから、帳簿を復元する。
    .over = 自動で終わる。
recovery_carried_out = 回復鍵による請求（{ $recovery }）が、{ $at }に実行されました。誰が登録されたかを確かめる必要があります（desk review）
    .name = 回復鍵による請求が実行された
    .means = 新しいセキュリティ管理者または県の事務室の端末が登録された。誰にも見られずに登録されることのないよう、1週間知らせる。
    .alone = 誰が登録されたかを見る（`desk review`）。知らない者がいれば、その登録者を停止する（`desk suspend party`）。
    .two = いてはならない者の登録を抹消する。
    .over = 1週間たつと、自動で終わる。
recovery_lapsed = 回復鍵による請求（{ $recovery }）は、{ $at }に、実行されずに終わりました
    .name = 回復鍵による請求が実行されずに終わった
    .means = 請求が中止されたか、その間にセキュリティ管理者二人が署名した。誰かが分散片をそろえた。
    .alone = なぜ集まったのかを、分散片の保管者に聞く。
    .two = なし。
    .over = 1週間たつと、自動で終わる。
share_left = { $file } が、認証局のディレクトリに残っています。保管者が持ち帰る必要があります
    .name = 回復鍵の分散片が、あってはならない場所にある
    .means = 回復鍵の分散片が、認証局の鍵と同じ場所にある。機械を奪った者は、両方を手に入れる。
    .alone = 分散片を保管者に渡し、機械から消す。
    .two = なし。
    .over = 自動で終わる。

## What ends

last_day_of_issue = { $near ->
    [over] 発行の最終日は { $day } でした。今から3年の証明書を発行すると、{ $end } に終わる認証局より長く残ることになります
   *[other] 発行の最終日は { $day } です（{ near }）。それまでに次の認証局を設立し、公表する必要があります
}
    .name = 発行の最終日が近い
    .means = この日を過ぎると、3年の証明書は認証局より長く残ることになる。窓口での発行は断られる。
    .alone = 次の認証局の設立が計画されているかを確かめる。
    .two = 次の認証局を設立し、公表する。
    .over = 認証局が終わるまで、終わらない。
authority_ends = 認証局は { $day } に終わります（{ near }）。その後は、失効リストにも応答にも署名しません。それまでに、すべての署名検証者に次の認証局を知らせる必要があります
    .name = 認証局の終わりが近い
    .means = 最終日を過ぎると、認証局の鍵は何にも署名しない。失効リストも応答も出ない。
    .alone = すべての署名検証者が次の認証局を知っているかを確かめる。
    .two = 次の認証局がなければ、設立する。
    .over = 終わらない。
authority_ended = 認証局は { $day } に終わりました。もう何にも署名しません。認証局を止め、帳簿と最後の失効リストを保存する必要があります（akashi archive）
    .name = 認証局が終わった
    .means = 認証局は終わった。最後の失効リストは、そのまま残る。
    .alone = 認証局のプログラムを止める。ディレクトリは残しておく。
    .two = 保存する（`akashi archive`）。
    .over = 認証局を止めたとき。
own_certificate_ends = { $whose ->
    [link_authority] 通信用認証局
    [servers] この認証局のサーバー
   *[inbox] 受信箱
}の証明書は、{ ends-on }。それまでに認証局を新しく設立する必要があります
    .name = 認証局自身の証明書が終わる
    .means = この日を過ぎると、誰も認証局につながらない。または、認証局あてに送られたものを開けない。
    .alone = 次の認証局の設立が計画されているかを確かめる。
    .two = 次の認証局を設立する。
    .over = 終わらない。
party_key_ends = { capacity }（登録者 { $party }）の鍵は、{ ends-on }。{ $act ->
    [refound] それまでに認証局を新しく設立する必要があります
    [replace] 鍵を取り替える必要があります（akashi identity）
    [dismiss] 登録を抹消し、必要であれば改めて登録する必要があります
    [rekey] 所持者が鍵を替える必要があります（akashi officer-token rekey）
   *[prolong] 任期も同時に終わります。任期を延長し（desk prolong）、所持者が鍵を替える必要があります
}
    .name = 登録者の鍵が終わる
    .means = この日を過ぎると、この登録者の署名は一切受け付けられない。この鍵での接続もできない。
    .alone = 所持者に知らせる。今の鍵が有効な間は、`akashi officer-token rekey` で次の鍵に替えられる。
    .two = 任期も終わるときは、任期を延長する（`desk prolong`）。期限が切れていて不要であれば、登録を抹消する。
    .over = 自動で終わる。
party_rekeyed = { capacity }（登録者 { $party }）は、{ $at }に別の鍵の証明書の発行を受けました。所持者が行ったのでなければ、停止する必要があります（desk suspend party）
    .name = 登録者の鍵が替わった
    .means = 登録者の鍵が、登録者自身の操作で替えられた。古い鍵を盗んだ者にも、同じことができた。
    .alone = 所持者に聞く。所持者が行ったのでなければ、その登録者を停止する（`desk suspend party`）。
    .two = 盗まれたのであれば、登録を抹消し、新しく登録する。
    .over = 1週間たつと、自動で終わる。
responder_uncertified = 鍵 { $key } の OCSP レスポンダに、今後の証明書がありません。証明書がなければ、何も応答しません。発行されない理由を調べる必要があります
    .name = OCSP レスポンダに今後の証明書がない
    .means = 今の証明書が終わると、署名検証者は OCSP の応答を得られない。
    .alone = 認証局のログ（`cannot certify`）と、レスポンダが認証局に届いているかを調べる。署名検証者は失効リストで続けられる。
    .two = レスポンダの鍵を取り替える（`akashi responder-key`）。
    .over = 次の証明書が発行されると、自動で終わる。

## Content

content_keys_unreadable = 個人記録の鍵を読めません：{ $why }
    .name = 個人記録の鍵を読めない
    .means = 個人情報を暗号化することも、開くこともできない。窓口は止まる。死亡の処理は続いている。
    .alone = ディスクと、`content-keys/` のアクセス権を調べる。別のディレクトリでプログラムを起動しない。
    .two = `akashi content-keys copy` で作った写しのファイルを `content-keys/` に戻す。
    .over = 自動で終わる。
content_due = { $month } に廃棄するはずの記録が、まだ残っています。鍵を破棄する必要があります（akashi content-keys destroy { $month }）
    .name = 廃棄すべき記録が残っている
    .means = この月の記録は、保存してよい期間が過ぎている。
    .alone = 停止や一時保留は要らない。廃棄の日程を決める。
    .two = `akashi content-keys destroy` で鍵を破棄し、その後に写しを書き直す。
    .over = 自動で終わる。
content_copy_stale = { $to } にある個人記録の鍵の写しで、廃棄した記録を開けてしまいます。写しを書き直す必要があります（akashi content-keys copy --to { $to }）
    .name = 廃棄した記録を開ける写しがある
    .means = この写しと帳簿の古いバックアップを持つ者は、廃棄した記録を読める。
    .alone = 写しを書き直す。
    .two = なし。
    .over = 自動で終わる。
content_key_uncopied = { $month } の個人記録の鍵が、どの写しにもありません。このディスクが失われると、その鍵で暗号化した記録も失われます（akashi content-keys copy --to DIR）
    .name = 個人記録の鍵が一つのディスクにしかない
    .means = このディスクが失われると、その鍵で暗号化したものを誰も開けない。
    .alone = 鍵を別の装置に写す。
    .two = なし。
    .over = 自動で終わる。

## Programs

authority_silent = 同じ帳簿を使う認証局 { $silent } からの動きが、{ $seconds } 秒間途絶えました。時間が来れば行う処理は、これから認証局 { $acts } が行います
    .name = もう一方の認証局が途絶えた
    .means = 一つの帳簿を使う二つの認証局のうち、処理をしていた方が途絶え、もう一方が引き継いだ。三つ目はない。
    .alone = 途絶えた方の機械が動いているかを調べる。起動し直す。起動した方は、自動で順番を待つ。
    .two = なし。
    .over = 次に担当が替わると、自動で終わる。
list_unpublished = { $scope ->
    [complete] 全体
    [authority] 認証局
   *[other] { $scope }
}の失効リスト { $number } は、署名されましたが、{ $seconds } 秒たっても公開されていません。理由はリポジトリのログにあります。署名検証者には一つ前の失効リストが見えています
    .name = 失効リストが公開されていない
    .means = 失効リストを使う署名検証者に、新しい失効が見えない。OCSP の応答は正しい。
    .alone = リポジトリのログとディスクを調べる。リポジトリを起動し直す。置いてある失効リストが公開される。
    .two = なし。
    .over = リポジトリが知らせてくる。
list_late = { $scope }の新しい失効リストが署名されていません。検証者が今の失効リストを使えるのは { $next_update } までです
    .name = 新しい失効リストが出ていない
    .means = 失効リスト発行者が動いていないか、パスフレーズを待っているか、署名できない。その時刻を過ぎると、失効リストを使う検証者はすべての証明書を拒む。
    .alone = その機械で `akashi status` を見る。再起動の後はパスフレーズの保管者を待っている（`systemd-tty-ask-password-agent`）ので、すぐに保管者に電話する。そうでなければ、記録に理由がある。
    .two = なし。
    .over = 次の失効リストが出れば、自動で終わる。
responder_silent = OCSPレスポンダが十分間、帳簿を読めていません
    .name = レスポンダが帳簿を追えていない
    .means = レスポンダが動いていないか、データベースに届かない。まもなく tryLater と答えるようになり、検証者は失効リストに頼るしかない。
    .alone = レスポンダの機械で `akashi status` と記録を見る。データベースを調べる。
    .two = なし。
    .over = 自動で終わる。
disk_almost_full = 認証局のディレクトリのあるディスクの空きが、二十分の一を下回りました
    .name = ディスクの空きがわずか
    .means = 空きがなくなると何も記録されない。失効も一時保留も発行もできない。記録済みのものは失われない。
    .alone = 空きを作る。まず古い記録や控えを移す。認証局のディレクトリの中のものは消さない。
    .two = なし。
    .over = 自動で終わる。
offline_reset = オフラインでの暗証番号の初期化（{ $told }）に問題があります：{ finding }
    .name = オフラインでの暗証番号の初期化に問題がある
    .means = 認証局につながらない間に設定した暗証番号について窓口が報告したが、つじつまが合わない点がある。
    .alone = 受付窓口職員に聞く。説明がつかなければ、その登録者を停止し（`desk suspend party`）、証明書を一時保留にする。
    .two = 使用番号が飛んでいるときは、市区町村のトークンを交換する。
    .over = 確認の署名をする。
unreadable = 帳簿にある警報を読めません：{ $text }
    .name = 警報を読めない
    .means = 帳簿の警報の場所に、このバージョンの知らない内容がある。誰かがデータベースに書き込んだか、新しいバージョンの帳簿を古いバージョンが使っているおそれがある。ほかの警報は変わりなく届く。
    .alone = 古いバージョンが入っていないかを見る（`akashi --version`）。`akashi audit verify` を実行し、結果を保存する。破損が見つかれば、発行を停止する（`desk suspend issuing`）。
    .two = 帳簿が破損していれば、検証に通るバックアップから復元する。
    .over = 確認の署名があると終わる。
nobody_told = 警報を受けるべき人に、警報が届いていません：{ $why }
    .name = 警報が誰にも届いていない
    .means = `[alarms]` のコマンドが失敗している。警報は帳簿とログに残るが、誰にも連絡されない。
    .alone = 警報一件の文を渡して、コマンドを手で実行し、直す。直るまで、1時間ごとに `akashi status` を見る。
    .two = なし。
    .over = コマンドが成功すると、自動で終わる。

## The shift's book (当直引継簿): what was done, by the verb of its entry.

did = { $verb ->
    [alarm] 警報
    [alarm_over] 警報の終わり
    [sign_for_alarm] 警報への確認の署名
    [hold] 一時保留
    [release] 一時保留の解除
    [revoke] 失効
    [holder_revokes] 利用者自身による失効
    [suspend] 停止
    [lift] 停止の解除
    [dismiss] 登録の抹消
    [enrol] 登録
    [propose] 提案（二人目を待つ）
    [report_offline] 通信できない間の初期化の報告
    [hand_over] 市区町村の引継ぎ
    [prolong] 任期の延長
    [rekey] 別の鍵の証明書の発行
    [stop_recovery] 回復鍵による請求の中止
    [ask_for_recovery] 回復鍵による請求
    [carry_out_recovery] 回復鍵による請求の実行
    [doubt_clock] 時計に疑いあり
    [trust_clock] 時計の疑いが解けた
    [accept_clock] 時計が正しいという申告
   *[bring_back_clock] 時刻の引戻し
}

status = 認証局の状態
    .ready = 稼働中
    .not-ready = 【要対応】応じられません: { $why }
    .not-here = このホストでは動いていません
    .book = 帳簿
    .unreadable = 【要対応】読めません: { $why }
    .alarms = 警報
    .counts = 重大 { $critical } 件、当日中に対応 { $warning } 件、お知らせ { $notice } 件（うち確認の署名済み { $signed } 件）
    .nobody-called = 【要対応】だれにも知らせる設定がありません（`[alarms]` `command`）
    .alarm = { $said } [{ $code }]、{ $ago }から{ $signed }
    .signed-for = （確認の署名済み）
    .clock = 時計
    .synchronised = 同期しています
    .not-synchronised = 同期していません
    .unwitnessed = 【要対応】時刻が疑わしい: 起動後、だれも時刻を確かめていません
    .disagrees = 【要対応】時刻が疑わしい: 保ってきた時刻と合いません
    .disk = ディスク
    .free = 空き { $free } GiB／全体 { $size } GiB（{ $percent }％）
    .chain = 監査記録
    .entries = { $head } 件、署名は { $signed } 件目まで
    .responder = OCSPレスポンダ
    .had-the-book = 帳簿の全部を読んだのは{ $ago }
    .none-had-the-book = 帳簿を読んだものはありません
    .delivery = 交付
    .undelivered = 未交付の証明書 { $count } 件、最も古い手続は{ $ago }
    .delivered = すべて交付済み
    .feed = 異動 { $town }
    .of-the-feed = { $heard }、次は { $next } 番、{ $waiting }{ $stopped }
    .heard = 最後の受信は{ $ago }
    .never-heard = 受信したことがありません
    .waits = 未処理 { $count } 件、最も古いものは{ $ago }に受信
    .nothing-waits = 未処理なし
    .stopped = 、【停止中】
    .list = 失効リスト { $scope }
    .complete = 全体
    .authority = 認証局
    .of-a-list = { $made }に発行、{ $next }
    .unlisted = 、{ $ago }の失効がまだ載っていません
    .unpublished = 、【要対応】このホストで公開されていません
    .ago = { $time }前
    .ahead = { $time }後
    .due = 次は{ $time }以内
    .was-due = 【要対応】次の発行の期限を{ $time }過ぎています
    .days = { $count }日
    .hours = { $count }時間
    .minutes = { $count }分
    .seconds = { $count }秒

shift-book = 当直引継簿
    .from = { $from } から { $to } まで
    .time = 日本時間
    .what = できごと
    .about = 対象
    .who = 誰が
    .nothing = できごとはありません
    .open = 次の当直に引き継ぐこと
    .unsigned = まだ誰も確認の署名をしていません
    .signed = 確認の署名: { $who }
    .none = ありません
