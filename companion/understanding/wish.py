"""What a message wants, as far as it can be told without a model: rules in the order of their certainty.

A question on content is what most messages are and what is lost most dearly: only a clear sign makes it something else.
Patterns see simplified script and lower case, so that one says traditional and simplified; Cantonese stands beside.
"""

import re
from typing import Literal

from course_index.analyze import normalise

Wish = Literal[
    "question", "courses", "pathway", "credits", "practice", "hint", "plan", "more", "smalltalk", "feedback", "end",
    "nothing",
]  # fmt: skip

_MARKS = r"[\s。！!？?~～,.，、…]*"

_SMALLTALK = re.compile(
    rf"^(?:(?:你|您|大家)好[呀啊吗]?|嗨+|哈[喽啰罗]|早[上晨]?(?:好|晨)?|(?:下午|中午|晚上)好|晚安|在[吗不么]|有人(?:在)?吗|喂+|"
    rf"(?:非常|太|好)?(?:谢谢|感谢|多谢|唔该|辛苦)(?:你|您|晒|了|啦|嗮|老师|师傅|哦|噢|呀|帮忙|!)*|好的?(?:谢谢|多谢|唔该)|"
    rf"(?:行|好的?|得|嗯|ok)?[\s，,]*(?:谢谢?了?|多谢|唔该)(?:了|晒|啦)?[^?？吗怎什点哪]{{0,12}}|"
    rf"再见|拜拜?|886|你是(?:谁|什么|机器人|真人)(?:吗|呀|啊)?|你(?:叫|系)(?:什么|乜|咩|边个)(?:名字?|嘢)?|你系边个|"
    rf"你(?:能|会|可以|识)(?:做|干|帮)?(?:些|我)?(?:什么|啥|乜嘢?|咩)|你(?:有什么|有咩)(?:用|功能)|"
    rf"(?:陪我|同我|跟我|和我)?(?:聊聊?天|倾偈|说说话|聊(?:两|几)句|唠嗑)(?:吧|嘛|呗|啦|得唔得|好吗|可以吗)?|"
    rf"(?:今天|今日|外面)?(?:天气|天)(?:真|好|怎么样|点样|不错|真好|好热|好冷)+.{{0,6}}|"
    rf"(?:吃|食)(?:了|咗)?(?:饭)?(?:没有?|未|吗)(?:呀|啊)?|(?:今天|今日)(?:好)?(?:累|开心|无聊|烦|攰)(?:啊|呀|死了|死)?|"
    rf"(?:哈|呵|嘿|嘻){{2,}}|(?:好的?|嗯+|哦+|噢|ok|okay|收到|知道了|明白了?|懂了|了解|行)(?:吧|啊|呀|啦|嘅|的)?|"
    rf"(?:生日|新年|春节|中秋|节日)快乐|恭喜发财|"
    rf"(?:hi|hello|hey|good (?:morning|afternoon|evening|night))(?: there| everyone)?|(?:many )?thanks(?: a lot| so much)?|"
    rf"thank you.{{0,20}}|thx|bye(?: bye)?|goodbye|see you|who are you|what(?:'s| is) your name|are you (?:a |an )?(?:human|robot|ai|bot|real).{{0,12}}|"
    rf"what can you do(?: for me)?|how are you(?: today| doing)?|nice to meet you|ok(?:ay)?(?: then)?|got it|i see|cool|great){_MARKS}$"
)
_END = re.compile(
    rf"^(?:(?:我要?)?(?:退出|结束(?:对话|聊天|吧|了|会话)?|停止|关闭(?:对话|聊天)?|停|不(?:聊|问|学|玩|用)了|唔(?:玩|倾|问|学)(?:喇|啦|了)|到此为止|"
    rf"今[天日]?(?:就)?(?:先)?(?:学?到)?(?:这里?|呢度|这儿)(?:吧|啦|喇|了)?|(?:先|就)(?:这样|到这|咁)(?:吧|啦|先|喇)?|(?:我)?(?:下线|闪|走)(?:了|先|啦|喇)|"
    rf"(?:别|不要|唔好)(?:再)?(?:发|说|回|烦我)(?:了|啦|喇)?)|quit|exit|stop|end(?: (?:the )?(?:chat|conversation|session))?|"
    rf"(?:that's|that is|that will be) (?:all|it|enough)(?: for (?:now|today))?|i(?:'m| am) (?:done|leaving)(?: for (?:now|today))?|"
    rf"close (?:the )?(?:chat|conversation)|log ?out|stop (?:it|here|now|talking)){_MARKS}(?:谢谢|多谢|唔该|thanks)?{_MARKS}$"
)
_MORE = re.compile(
    rf"^(?:(?:看|要|给我|讲|说|俾)?(?:更多|多(?:说|讲|来)?(?:一)?[点啲些])(?:内容|啦|吧|呀|嘢)?|(?:请)?(?:继续|接着)(?:说|讲|看|啦|吧|呀|下去|往下)*|"
    rf"(?:那|咁)?(?:下一?步|下一[条个段页部])(?:呢|是什么|做什么|怎么做|系咩|点做)?|(?:然后|之后|跟住|跟着|后面|接下来|下面|后来|剩下的?)(?:呢|咧|怎么做|还有吗)?|"
    rf"还有(?:吗|呢|其他的?吗|别的吗|没有?)?|仲有(?:冇|呢|其他)?(?:呀)?|(?:展开|详细|具体)(?:讲讲|说说|说|讲|点|一点|些|啲)*(?:吧|呗|可以吗)?|"
    rf"(?:讲|说)(?:得)?(?:详细|具体|完)(?:一)?(?:点|些|啲)?(?:吧|呗)?|没(?:说|讲|看)完|后半(?:段|部分)|(?:往下|再往下)(?:说|讲|看)?|"
    rf"(?:show |tell |give )?(?:me )?more(?: details?| please| of it| about (?:it|that))?|(?:please )?(?:go on|continue|carry on|keep going)(?: please)?|"
    rf"(?:and )?then\??|and then what|next(?: step| one| part)?(?: please)?|what(?:'s| is) next|what else|anything else|the rest(?: please)?|elaborate|expand(?: on (?:it|that))?){_MARKS}$"
)
_FEEDBACK = re.compile(
    r"(?:你|您|回答|答案|这个?答|讲|说|答|解释)(?:得|的)?(?:.{0,4})?(?:答错|说错|讲错|搞错|弄错|答非所问|不对(?![称劲])|不准确?|错了|唔啱|唔准|太长|太短|太复杂|太啰嗦|太罗嗦|太快|太笼统|看不懂|听不懂|睇唔明|听唔明|没用|无用|冇用|很好|真好|好好|不错|清楚|有用|有帮助|棒|专业|贴心)"
    r"|(?:一点|半点|啲|完全)?(?:用|帮助)(?:都|也)(?:没有?|冇)|^(?:太长了?|太短了?|太啰嗦|太复杂|看不懂|没看懂|听不懂|睇唔明|答非所问|(?:这|这个)?(?:不对|错了|不准|没用|冇用)|(?:完全)?(?:没|冇)(?:有)?(?:用|帮助)|(?:讲|说|答)得(?:真|很|太)?(?:好|差|烂|棒)|"
    r"有用|很有用|好有用|有帮助|真(?:棒|厉害|好用|不错)|赞|好评|差评|满意|不满意|垃圾|什么(?:垃圾|破)(?:东西|玩意)?|厉害)[了呀啊啦喔!！。~\s]*$"
    r"|(?:我要?|想)(?:投诉|反馈|提(?:个|点)?(?:意见|建议))|(?:提|有)(?:个|点|一个)?(?:意见|建议)(?:给你们|想提)?|(?:投诉|举报)(?:你们?|这个?(?:平台|系统|助手|回答|小程序|机器人)|客服)|"
    r"(?:平台|系统|小程序|界面|页面|字体?|助手|机器人|服务|app|网页|你们?)(?:的)?(?:.{0,6})(?:太小|太卡|很卡|好卡|卡死|卡顿|打不开|闪退|难用|好用|唔好用|垃圾|太慢|好慢|很慢|不好用|太差|有问题|坏了|有bug)"
    r"|(?:刚才|刚刚|上面|前面|头先)(?:那个?|嗰个)?(?:的)?(?:答案|回答|说的|讲的|内容).{0,6}(?:错|不对|不准|唔啱|有问题|很好|有用)"
    r"|\b(?:your|the|that|this) (?:answer|reply|explanation|app|page|bot)\b.{0,24}\b(?:wrong|incorrect|bad|useless|too (?:long|short|slow|complicated)|confusing|helpful|useful|great|good|clear|perfect|excellent|slow|terrible)\b"
    r"|\b(?:that|this)(?:'s| is| was) (?:not right|not correct|wrong|incorrect|useless|not helpful|very helpful|really helpful|helpful|great|perfect|too (?:long|complicated))\b|\byou(?:'re| are| got (?:it|that)) wrong\b"
    r"|^(?:well done|good job|good answer|nice answer|great answer|very helpful|useless|not helpful|i (?:don't|do not) understand (?:your|the|this) (?:answer|reply))\b|\b(?:i want to|i'd like to) (?:complain|give feedback|make a complaint)\b|\bcomplaint about (?:this|the) (?:app|service|platform)\b"
)
_PRACTICE = re.compile(
    r"(?:考考|考一考|考下|测测|测试一下|测一测|测验一下|提问)(?:我|下我|一下我|咱)|(?:出|来|做|给我|俾|要|再来|想做|练)(?:我)?(?:.{0,4}?)(?:[几两三四五六七八九十\d一]+|些|点|啲|个|道|条)*(?:道|条|个)?(?:关于.{1,14}的|.{0,8})?(?:练习题?|习题|测验题?|测试题?|小测|选择题|判断题|填空题|问答题|题目?)(?!.{0,4}(?:怎么|如何|点|答案|为什么|错))"
    r"|(?:^|我想|想|帮我|来|我要)(?:做|刷|练)(?:一下|几道|点|下|啲)?(?:题|练习|测验|测试|习题)|(?:出|来)(?:[几两三四五六七八九十\d一]+)(?:道|条|个)|出(?:几|些|点)?题(?:考|给|吧|来|俾)|考(?:下|吓)我|问(?:我|返我)(?:几|[两三四五\d一]+)(?:条|道|个)?(?:问题|题)"
    r"|(?:模拟|自)(?:测|考)(?:一下|题|吧|卷)|抽(?:查|问)(?:一下)?我|巩固一下|检验(?:一下)?(?:我|学习)|(?:再|多)(?:考|出|来)(?:我)?(?:一|几|两|多)?(?:道|条|题|个)|练(?:习|一)(?:一下|练|下)(?!.{0,8}(?:怎么|如何|方法|要|多久))"
    r"|\b(?:quiz|test|examine) me\b|\b(?:give|ask|set|make) me (?:a |some |a few |\d+ |two |three |five )?(?:more )?(?:quiz|practice|practise|exercise|test|question)s?\b"
    r"|\b(?:practice|practise) (?:questions?|test|quiz|exercises?)\b|\b(?:i want to|let's|can we|let me) (?:practi[cs]e|do (?:a quiz|some exercises))\b|\b(?:a |another )quiz\b(?: please)?"
)
_HINT = re.compile(
    r"(?:给|来|俾|畀|要)(?:我|点|个|一?点|一?个|啲|下|些|吓)*(?:小)?(?:提示|提点|线索|思路|启发|点拨)|提示(?:一下|下|我|吓|一?点|多点)+(?!音|框)|(?:点拨|启发|引导|指点)(?:一下|下|我)|(?:别|不要|唔好|先别|先不要|先唔好|不用)(?:直接)?(?:告诉|讲|说|话|给|俾|公布|揭晓)(?:我)?(?:知)?(?:答案|结果|俾我知)?.{0,6}(?:答案|结果|提示|自己想|$)"
    r"|(?:我)?(?:想|要)?自己(?:先)?(?:想|试|做)(?:一?想|出来|试|下)?.{0,6}(?:提示|思路|方向|别|不要|点一下)|(?:只|净系|就)(?:要|给|俾|需要)(?:个|点|一?个)?(?:提示|思路|方向)|(?:卡住了?|没思路|冇思路|想不出来|做不出来|唔识做).{0,8}(?:提示|点一下|怎么想|从哪|往哪|点谂)|(?:第一步|从哪里|从哪儿|由边度)(?:该)?(?:怎么|点样|如何)?(?:想起|入手|下手|谂起)"
    r"|\b(?:give|need|want|get|have)\b.{0,16}\bhints?\b|\b(?:a|another|small|little) hint\b|^hint\b|\b(?:don't|do not|without) (?:tell|give|telling|giving|show)\w*\b.{0,16}\banswer\b|\bi(?:'m| am) stuck\b|\bnudge\b|\bpoint me in the right direction\b"
)
_PLAN = re.compile(
    r"(?:帮|给|为|替|俾|同)?(?:我|孩子|自己|咱)?(?:们)?.{0,4}(?:制定|制订|订|定|做|排|列|安排|规划|设计|写|搞|整|弄|出|要|计划)(?:一下|一?个|个|份|一份|下|张|一张|出)*(?:.{0,12})?(?:学习计划|复习计划|备考计划|计划表|时间表|学习安排|日程|课表|课程表|学习进度|进度表|学习规划)"
    r"|(?:每|一)(?:天|周|个?星期|个?礼拜|晚|日)(?:只?(?:有|能|得|可以|抽))?(?:.{0,6})(?:小时|钟头?|分钟|半小时).{0,14}(?:怎么(?:安排|学|排|分配)|点(?:样)?(?:安排|学|排)|如何安排|排个|安排|计划|学完|学得完)"
    r"|(?:怎么|如何|点样|点)(?:样)?(?:安排|分配|规划)(?:我的)?(?:学习|复习|时间|备考)|(?:安排|规划)(?:一下|下)?(?:我的)?(?:学习|复习|备考)(?:时间|进度)?|(?:[两三四五六七八九十\d一]+)个?(?:天|周|星期|月)(?:内|之内|里)?(?:学完|学会|读完|考完)?.{0,8}(?:计划|怎么安排|点安排|排一?下)"
    r"|\b(?:study|learning|revision) (?:plan|schedule|timetable)\b|\b(?:make|give|create|draw up|set up|plan)\b.{0,20}\b(?:plan|schedule|timetable)\b|\bplan my (?:study|studies|learning|week|time)\b|\bhours? (?:a|per|each|every) (?:week|day)\b.{0,40}\b(?:plan|schedule|how (?:should|do|can) i)\b"
)
_CREDITS = re.compile(
    r"学分(?!布)|资历(?:框架|等级|级别)|(?:算|有|拿|记|得)(?:不算|唔算|没有|冇|到|几多|多少)?学时|(?:几|多少|几多)学时|学时(?:怎么|如何|点|算|认|换|够|不够)|(?:证书|文凭|学历|成绩|课程)(?:.{0,6})(?:认可|承认|认唔认|认不认|有用吗|有效吗|互认|管用吗|算数|官方|国家认|唔认)|(?:国家|社会|企业|单位)(?:承认|认可|认不认|认)"
    r"|(?:学费|报名费|考试费|课程费|收费|费用|几多钱|多少钱|免费|要钱|收钱|贵唔贵|交钱)(?:.{0,10})(?:学|课|班|考|培训|报名|读)|(?:学|课|班|考|培训|报名|读|这门|呢个)(?:.{0,14})(?:学费|报名费|收费|费用|几多钱|多少钱|免费|要钱|收钱|要唔要钱|要不要钱|花钱)"
    r"|(?:报名|招生|考试)(?:.{0,6})(?:截止|时间|几时|什么时候|日期|开始|结束|条件|几号|边日|流程|入口)|(?:几时|什么时候|几号|边日|截止)(?:.{0,8})(?:报名|招生|截止)|(?:怎么|如何|点样?|在哪里?|边度)(?:可以)?报名|(?:这|那|呢|嗰|该)(?:门|个)?(?:课|班|课程|堂).{0,10}(?:什么时候|几时|几号|哪天|边日|在哪里?|边度).{0,8}(?:开|上|讲|办)|(?:课|班|课程)(?:什么时候|几时|几号|哪天).{0,8}(?:开|上)(?:课|班)?|补考|(?:(?:拿|攞|发|有|冇|得|领)(?:.{0,4})(?:结业|毕业|合格|培训)?证(?:书)?(?:吗|么|未|没有|冇|嘅|㗎|的吗|不|攞))|(?:几|多少|边|哪)(?:个)?级(?:别)?(?:.{0,6})(?:课程|证书|技能|等级)|(?:等级|级别)(?:怎么|如何|点)(?:认定|评|算|升|划分)"
    r"|\b(?:credits?|credit bank|qualifications? framework)\b(?!.{0,6}card)|\b(?:tuition|enrol?ment|registration|course|exam) fees?\b|\b(?:is|are) (?:it|this|the|these|that)\b.{0,24}\b(?:free|recogni[sz]ed|accredited)\b|\bhow much (?:is|does|do|are)\b.{0,24}\b(?:course|class|training|exam|tuition|lessons?)\b"
    r"|\b(?:deadline|when (?:does|do|is|can)).{0,24}\b(?:enrol\w*|register|registration|application|sign up)\b|\bdo i get a certificate\b|\bcertificate\b.{0,20}\b(?:count|recogni[sz]ed|valid)\b"
)
_PATHWAY = re.compile(
    r"(?:我|本人|俺)?(?:是|只有|只|得|今年|现在)?(?:小学|初中|高中|中专|中技|技校|大专|本科|没(?:读|上)过?书|冇读书|初级|中级|学徒|普工|保安|快递员|外卖员?|农民|厂妹|打工).{0,16}(?:想|要|可以|能|点样|怎么|如何|能不能|可唔可以).{0,8}(?:拿|考|读|升|攞|变成|成为|做|当|转|提升|上).{0,10}(?:大专|本科|专科|学历|文凭|学位|高中|中专|大学|证|资格|技师|师傅|电工|主管|厨师|护士|老师|会计|程序员|技术员|班长|管理)"
    r"|(?:怎么|怎样|如何|点样?|想|要)(?:才能|才可以|先可以|可以|能)?(?:提升|升|拿|考|攞|取得|获得|读|补)(?:个|到|一个|张|一张|上|返)?(?:.{0,6})(?:大专|本科|专科|学历|文凭|学位|大学|电工证|资格证|从业证|执业证|技师|高级工|中级工|初级工|职业资格|技能等级|证书?(?!明)|会计证|教师证|育婴师|月嫂证|叉车证|焊工证|护理员证)"
    r"|(?:想|要)?(?:当|做|转行(?:做|当)?|转做|转行去做|成为|入行(?:做)?|改行)(?:一名|个|一个|做|去做)?.{1,10}(?:要|需要|应该|该|怎么|怎样|点样|如何|先|从哪|得)(?:.{0,4})(?:走|学|学起|开始|一步步|学什么|学啲咩|学哪些|准备|考什么|考咩|入手|条件|入行)"
    r"|(?:学习|成长|晋升|进阶|升学|提升|发展|职业)(?:路径|路线|路线图|阶梯|途径|通道|规划)|(?:从|由).{1,10}(?:到|去|升到|变成|做到).{1,12}(?:要|需要|怎么|点样|如何|走|几步|多久|几耐).{0,8}(?:学|读|考|步|走|升|年|级)?|(?:下一步|接下来|跟住)(?:该|应该|可以)?(?:学|考|读)(?:什么|啥|咩|边|哪)|(?:成人高考|成考|自考|函授|电大|开放大学|国开|专升本|圆梦计划)(?:.{0,8})(?:怎么[读考报拿参]|点样?[读考报攞]|要[读考]|流程|多久|几耐|能拿|可以拿)"
    r"|\bhow (?:do|can|could|should) i (?:become|get (?:a|my|into)|qualify|move (?:up|from)|go from)\b.{0,40}\b(?:degree|diploma|certificate|licen[cs]e|electrician|nurse|chef|technician|cook|driver|teacher|carer|caregiver|programmer|accountant|supervisor|college|university|level)\b|\b(?:path|pathway|route|road ?map|steps?) (?:to|from|into|for)\b.{0,30}\b(?:degree|diploma|becom\w+|qualification|career|job|level|electrician|nurse|chef)\b|\bwhat do i need to (?:become|be)\b"
)
_COURSES = re.compile(
    r"(?:有|开|找|推荐|介绍|报名?|上|选|学|教|读)[^，。？?!！]{0,12}(?:课程|课吗|的课|嘅课|课呢|课冇|培训班?|学习班|班吗|班冇|班呀|嘅班|的班|兴趣班|网课|公开课|讲座|嘅堂|的堂|啲堂)"
    r"|(?:有(?:没有|冇|无)?|推荐|介绍|想上|想报|搵|揾|找)[^，。？?!！]{0,10}(?:课|堂|班)(?![堂文本后题间余件长组级车])"
    r"|(?:什么|哪些|哪门|哪个|边个|边啲|乜嘢?|咩)(?:课|培训|班|堂)(?!文|堂|本)|(?:课程|培训|网课)[^，。]{0,6}(?:推荐|有吗|有没有|有哪些|有冇|列表|目录)"
    r"|^(?:我?想|我?要|打算|我老公想|我老婆想|我妈想|我爸想|我妈妈想|孩子想|阿妈想)(?:去)?(?:学(?!分|历|会计证)|报(?!工伤|警|案|销)|上课|进修|考证)|该学(?:点|些)?(?:什么|啥|乜)|学(?:点|些|啲)(?:什么|啥|乜嘢?|咩)好|(?:哪里|边度|在哪|哪儿)(?:有得|有|可以|能)?(?:学|教)"
    r"|(?:适合|啱)(?:.{1,8})(?:学|上|读)(?:的|嘅)|有(?:什么|啥|咩|乜)(?:.{0,6})(?:可以|好)?(?:学|教)(?:的|嘅)|有冇(?:得)?(?:教|学)|有(?:没)?有(?:人)?教"
    r"|\b(?:any|which|what|find|recommend|suggest|offer|have|take|join|looking for|is there|are there|show)\b[^.?!]{0,30}\b(?:courses?|classes|class|trainings?|lessons?|workshops?)\b"
    r"|\b(?:want|like|wish) to (?:learn|study|take up)\b|\bwhere can i (?:learn|study)\b"
)
# What is asked of these words, not by them: 什么是学习计划, hint in SQL, 这道练习题怎么做.
_ABOUT_THE_WORD = re.compile(
    r"(?:什么是|何谓|啥是|咩系)|(?:是什么|是啥|系咩|系乜)(?:意思|东西|嘢)?[?？。\s]*$|\bwhat (?:is|are|does) (?:a |an |the )?(?:hint|quiz|study plan|credit|practice)s?\b(?! for me)|\b(?:hint|quiz)s? in \w+"
)
# Who runs a learning point asks how to find a teacher, not for a course.
_HOW_TO_TEACH = re.compile(r"(?:怎么|如何|怎样|点样?)(?:找|请|排|开|通知|办|布置|教|带)(?:.{0,6})(?:老师|课|班|学员)")
_IN_ORDER: tuple[tuple[Wish, re.Pattern[str]], ...] = (
    ("hint", _HINT),
    ("practice", _PRACTICE),
    ("feedback", _FEEDBACK),
    ("plan", _PLAN),
    ("credits", _CREDITS),
    ("pathway", _PATHWAY),
    ("courses", _COURSES),
)


# What asks for a course without saying what it is to be about.
_ASKS_FOR_COURSES = re.compile(
    r"有没有|有冇|有无|请问|推荐|介绍|适合|课程|网课|公开课|培训班?|学习班|兴趣班|一门|一些|哪些|哪门|哪个|什么|边个|乜嘢|"
    r"我?想要?(?:去)?学|我?要学|打算学|学习|报名|我想|我要|找|报|有|课|班|学|吗|呢|"
    r"\b(?:is|are|there|any|which|what|find|recommend|suggest|offer|have|take|join|looking|for|courses?|classes|class|"
    r"trainings?|lessons?|want|like|would|to|learn|study|do|you|i|a|an|the|on|about|me|please|can)\b"
)


def course_subject(message: str) -> str:
    """What the courses that a message asks for are to be about; the whole message when it says nothing else."""
    subject = re.sub(r"[\s？?！!。，,.]+", " ", _ASKS_FOR_COURSES.sub(" ", normalise(message))).strip()
    return subject if any(character.isalnum() for character in subject) else message


def wish_of(message: str) -> Wish:
    """What a message wants; a question on content where nothing says otherwise."""
    text = normalise(message).strip()
    if not any(character.isalnum() for character in text):
        return "nothing"
    for wish, whole in (("smalltalk", _SMALLTALK), ("end", _END), ("more", _MORE)):
        if whole.match(text):
            return wish
    if _ABOUT_THE_WORD.search(text) or _HOW_TO_TEACH.search(text):
        return "question"
    return next((wish for wish, pattern in _IN_ORDER if pattern.search(text)), "question")


# What asks for practice or a plan without saying of what.
_ASKS_FOR_PRACTICE = re.compile(
    r"考考|考一考|测测|测一测|测试一下|测验|提问|出|来|做|练习|练|再|给我|帮我|我|要|想|几|[一两二三四五六七八九十\d]+(?=道|条|个|题)|道|条|个|选择题|判断题|填空题|问答题|题目?|小测|下|一下|关于|有关|的|吧|啦|呀|吗|咁|俾|"
    r"\b(?:quiz|test|examine|give|ask|set|make|me|a|an|some|few|\d+|more|another|questions?|exercises?|practi[cs]e|please|on|about|for|the|i|want|to|let's|can|you)\b"
)
_ASKS_FOR_PLAN = re.compile(
    r"帮|给|替|为|我们?|制定|制订|订|定|做|排|列|安排|规划|设计|学习|复习|备考|计划表?|时间表|日程|课表|一下|一?个|一份|份|想|要|把|每天|每周|每个?(?:星期|礼拜|晚上?)|一周|一个?星期|周末|只有|只能|大概|左右|"
    r"[\d一两二三四五六七八九十半.]+个?(?:半)?(?:小时|钟头?|分钟|周|星期|礼拜|天|月)|到\d+月\d+[日号]|内|学完|怎么|如何|点样|可以|的|吧|呀|吗|，|"
    r"\b(?:study|learning|revision|plan|schedule|timetable|make|give|create|me|a|an|for|my|hours?|minutes?|per|each|every|week|day|i|have|with|please|to|the|of|in|can|you|\d+)\b"
)

_ASKS_FOR_HINT = re.compile(
    r"给|来|俾|畀|我|要|再|一点|一?个|点|啲|小|提示一下|提示|思路|线索|启发|点拨|别|不要|唔好|先|直接|告诉|讲|说|出|答案|只|也|就|想|自己|嘛|吧|呀|啦|可以|吗|请|还是|不会|不懂|不知道|卡住了?|没思路|了|那|"
    r"\b(?:give|need|want|get|have|a|an|another|small|little|hints?|me|i|i'm|am|stuck|don't|do|not|tell|the|answer|please|just|can|you|only)\b"
)


def practice_subject(message: str) -> str:
    """What is to be practised; empty when the message does not say."""
    return _left_of(message, _ASKS_FOR_PRACTICE)


def hint_subject(message: str) -> str:
    """What a hint is wanted for; empty when the message only asks for one."""
    return _left_of(message, _ASKS_FOR_HINT)


def plan_subject(message: str) -> str:
    """What the plan is to be for; empty when the message does not say."""
    return _left_of(message, _ASKS_FOR_PLAN)


def _left_of(message: str, asks: re.Pattern[str]) -> str:
    left = re.sub(r"[\s？?！!。，,.、]+", " ", asks.sub(" ", normalise(message))).strip()
    return left if sum(character.isalnum() for character in left) >= 2 else ""
